import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { rope, ropeTable } from "../src/ops/rope.ts";
import { ropeGrad, ropeGradOp } from "../src/ops/rope_grad.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/rope_grad.ts";
import { indices, size, tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(ropeGradOp, cases.ropeGrad);

const device = new ReferenceDevice("f64");
const T = 64;
const heads = { H: 2, G: 1, K: 6 };

/** Rows of 2 + 2·1 heads of width 6 at some positions, and gradients of what rope makes of them. */
const call = size(5, 1).chain((M) =>
  fc.record({ x: tensor([M, 24]), dq: tensor([M, 12]), dkv: tensor([M, 12]), positions: indices(M, 0, T - 1) })
);

/** positions and the table, on the device. */
function placed(positions: HostTensor) {
  return { positions: device.from(positions), table: device.from(ropeTable(T, heads.K, 100)) };
}

Deno.test("ropeGrad: equals central differences of rope", () => {
  fc.assert(
    fc.property(call, fc.constantFrom("both", "queries", "keys"), ({ x, dq, dkv, positions }, given) => {
      const upstream = {
        dq: given === "keys" ? undefined : device.from(dq),
        dkv: given === "queries" ? undefined : device.from(dkv),
      };
      const at = placed(positions);
      const weighed = (inputs: { x: HostTensor }) => {
        const { q, kv } = rope(device, { x: device.from(inputs.x), ...at }, heads);
        return (upstream.dq ? inner(upstream.dq, q) : 0) + (upstream.dkv ? inner(upstream.dkv, kv) : 0);
      };
      assertGradients(weighed, { x }, { x: ropeGrad(device, { ...upstream, ...at }, heads) });
    }),
    { numRuns: 30 },
  );
});

Deno.test("ropeGrad: undoes rope", () => {
  fc.assert(fc.property(call, ({ x, positions }) => {
    const at = placed(positions);
    const { q, kv } = rope(device, { x: device.from(x), ...at }, heads);
    const { data } = ropeGrad(device, { dq: q, dkv: kv, ...at }, heads);
    x.data.forEach((value, i) => assertAlmostEquals(data[i], value, 1e-12));
  }));
});

Deno.test("ropeGrad: a worked example: queries and keys turn back by 90 degrees, values are unchanged, absent gradients are zero", () => {
  const at = { positions: device.from(hostIndices([1])), table: device.from(hostTensor([2, 2], [1, 0, 0, 1])) };
  const [dq, dkv] = [device.from(hostTensor([1, 2], [1, 2])), device.from(hostTensor([1, 4], [3, 4, 5, 6]))];
  const turned = (given: { dq?: typeof dq; dkv?: typeof dkv }) =>
    [...ropeGrad(device, { ...given, ...at }, { H: 1, G: 1, K: 2 }).data].map((value) => value + 0);
  assertEquals(turned({ dq, dkv }), [2, -1, 4, -3, 5, 6]);
  assertEquals(turned({ dq }), [2, -1, 0, 0, 0, 0]);
  assertEquals(turned({ dkv }), [0, 0, 4, -3, 5, 6]);
});
