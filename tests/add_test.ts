import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type HostTensor, hostTensor } from "../src/op/device.ts";
import { add, addOp, ratio, ratioOp } from "../src/ops/add.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/add.ts";
import { tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(addOp, cases.add);
equivalence(ratioOp, cases.ratio);

Deno.test("ratio: a worked example", () => {
  const device = new ReferenceDevice();
  const [a, b] = [[6, 1, 0], [4, 0, 0]].map((values) => device.from(hostTensor([3], values)));
  assertEquals([...ratio(device, a, b).data], [1.5, 0, 0]);
});

/** a + scale·b on the reference, in double precision. */
function sum(a: HostTensor, b: HostTensor, scale?: number) {
  const device = new ReferenceDevice("f64");
  return add(device, device.from(a), device.from(b), scale).data;
}

const pair = cases.shapes.chain((shape) => fc.tuple(tensor(shape), tensor(shape)));

Deno.test("add: is commutative, and subtraction inverts it", () => {
  fc.assert(fc.property(pair, ([a, b]) => {
    const total = sum(a, b);
    assertEquals(total, sum(b, a));
    const back = sum({ shape: a.shape, data: total }, b, -1);
    a.data.forEach((value, i) =>
      assert(Math.abs(back[i] - value) <= 2 ** -50 * (Math.abs(value) + Math.abs(total[i])))
    );
  }));
});

Deno.test("add: the gradient is the identity for one term, and scaled for the other", () => {
  fc.assert(
    fc.property(fc.tuple(tensor([2, 3]), tensor([2, 3]), tensor([2, 3])), ([a, b, upstream]) => {
      const scaled = sum(hostTensor([2, 3], new Float64Array(6)), upstream, -2.5);
      const objective = ({ a, b }: { a: HostTensor; b: HostTensor }) => inner(upstream, { data: sum(a, b, -2.5) });
      assertGradients(objective, { a, b }, { a: upstream, b: { data: scaled } });
    }),
    { numRuns: 20 },
  );
});

Deno.test("add: a worked example", () => {
  const [a, b] = [hostTensor([3], [1, 2, 3]), hostTensor([3], [10, 0, -4])];
  assertEquals([...sum(a, b)], [11, 2, -1]);
  assertEquals([...sum(a, b, 0.5)], [6, 2, 1]);
});
