import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { GATED } from "../src/op/kinds.ts";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { add } from "../src/ops/add.ts";
import { loraDown, loraGatedUnit, loraUp } from "../src/ops/experts.ts";
import * as ops from "../src/ops/experts_grad.ts";
import {
  dotSlots,
  expertOuter,
  expertTransposed,
  loraGatedUnitGrad,
  sumSlots,
  weightSlots,
} from "../src/ops/experts_grad.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/experts_grad.ts";
import { tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";

equivalence(ops.expertTransposedOp, cases.expertTransposed, 60);
equivalence(ops.expertOuterOp, cases.expertOuter);
equivalence(ops.weightSlotsOp, cases.weightSlots, 60);
equivalence(ops.sumSlotsOp, cases.sumSlots, 60);
equivalence(ops.dotSlotsOp, cases.dotSlots, 60);
equivalence(ops.loraGatedUnitGradOp, cases.loraGatedUnitGrad, 60);

const device = new ReferenceDevice("f64");
const [M, D, F, R, E, k] = [3, 5, 4, 2, 3, 2];
const scale = 0.5;

/** Everything a mixture of three experts meets, the upstream gradients too; one row may be dead. */
const mixture = fc.record({
  h: tensor([M, D]),
  each: tensor([M, k, D]),
  u: tensor([M, 2 * F]),
  a: tensor([M, k, R]),
  a1: tensor([E, R, D]),
  b1: tensor([E, 2 * F, R]),
  b2: tensor([E, D, R]),
  weights: tensor([M, k]),
  dz: tensor([M, k, F]),
  dmix: tensor([M, F]),
  dy: tensor([M, D]),
  da: tensor([M, k, R]),
});
const routing = fc.record({
  experts: fc.array(fc.nat(E - 1), { minLength: M * k, maxLength: M * k }).map((data) =>
    device.from(hostIndices(data, [M, k]))
  ),
  offsets: fc.constantFrom(M - 1, M).map((live) => device.from(hostIndices([0, live]))),
  kind: fc.constantFrom(...GATED),
});

type On<T> = { readonly [Name in keyof T]: RefTensor };

/** Host tensors on the reference. */
function on<T extends Record<string, HostTensor>>(host: T): On<T> {
  return Object.fromEntries(Object.entries(host).map(([name, value]) => [name, device.from(value)])) as On<T>;
}

Deno.test("expertTransposed, expertOuter: the gradients of loraDown, of shared rows and of one each", () => {
  fc.assert(fc.property(mixture, routing, fc.boolean(), (host, { experts, offsets }, shared) => {
    const each = hostTensor(
      [M, k, D],
      Float64Array.from({ length: M * k * D }, (_, i) => Math.sin(i + host.h.data[0])),
    );
    const { da } = on(host);
    const inputs = { x: shared ? host.h : each, a: host.a1 };
    const back = expertTransposed(device, { x: da, a: device.from(host.a1), experts, offsets }, { scale: 1 });
    assertGradients((t) => inner(loraDown(device, { ...on(t), experts, offsets }), host.da), inputs, {
      x: shared ? sumSlots(device, { x: back, offsets }) : back,
      a: expertOuter(device, { x: da, y: device.from(inputs.x), experts, offsets }, { E, scale: 1 }),
    });
  }));
});

Deno.test("loraGatedUnitGrad and its companions: the gradients of loraGatedUnit", () => {
  fc.assert(fc.property(mixture, routing, (host, { experts, offsets, kind }) => {
    const { u, a, b1, weights, dz, dmix } = on(host);
    const forward = (t: Record<"u" | "a" | "b" | "weights", RefTensor>) =>
      loraGatedUnit(device, { ...t, experts, offsets }, { kind, scale });
    const onZ = add(device, dz, weightSlots(device, { x: dmix, weights, offsets }));
    const dv = loraGatedUnitGrad(device, { u, a, b: b1, experts, dz: onZ, offsets }, { kind, scale });
    const value = (t: Record<"u" | "a" | "b" | "weights", HostTensor>) => {
      const { z, mix } = forward(on(t));
      return inner(z, host.dz) + inner(mix, host.dmix);
    };
    assertGradients(value, { u: host.u, a: host.a, b: host.b1, weights: host.weights }, {
      u: sumSlots(device, { x: dv, offsets }),
      a: expertTransposed(device, { x: dv, a: b1, experts, offsets }, { scale }),
      b: expertOuter(device, { x: dv, y: a, experts, offsets }, { E, scale }),
      weights: dotSlots(device, { a: forward({ u, a, b: b1, weights }).z, b: dmix, offsets }),
    });
  }));
});

Deno.test("weightSlots, dotSlots: the gradients of loraUp", () => {
  fc.assert(fc.property(mixture, routing, (host, { experts, offsets }) => {
    const { a, b2: b, weights, dy } = on(host);
    const x = device.from(host.h);
    const value = (t: Record<"a" | "b" | "weights", HostTensor>) =>
      inner(loraUp(device, { x, ...on(t), experts, offsets }, scale), host.dy);
    const back = expertTransposed(device, { x: dy, a: b, experts, offsets }, { scale });
    const weighted = weightSlots(device, { x: a, weights, offsets });
    assertGradients(value, { a: host.a, b: host.b2, weights: host.weights }, {
      a: weightSlots(device, { x: back, weights, offsets }),
      b: expertOuter(device, { x: dy, y: weighted, experts, offsets }, { E, scale }),
      weights: dotSlots(device, { a, b: back, offsets }),
    });
  }));
});

Deno.test("experts_grad: worked examples", () => {
  const experts = device.from(hostIndices([1, 0], [1, 2]));
  const x = device.from(hostTensor([1, 2], [1, 2]));
  const a = device.from(hostTensor([2, 2, 1], [5, 7, 10, 20]));
  const y = expertTransposed(device, { x, a, experts }, { scale: 2 });
  assertEquals([...y.data], [100, 38]); // 2·(10 + 2·20), 2·(5 + 2·7)
  assertEquals([...expertOuter(device, { x, y, experts }, { E: 3, scale: 1 }).data], [38, 76, 100, 200, 0, 0]);
  const weights = device.from(hostTensor([1, 2], [0.5, -1]));
  const weighted = weightSlots(device, { x, weights });
  assertEquals([...weighted.data], [0.5, 1, -1, -2]);
  assertEquals([...sumSlots(device, { x: weighted }).data], [-0.5, -1]);
  assertEquals([...dotSlots(device, { a: weighted, b: x }).data], [2.5, -5]);
});

gpuTest("expertOuter: more slots than a dispatch takes, and none", async (device) => {
  for (const M of [0, 32_767, 40_000]) {
    const x = hostTensor([M, 1], Float32Array.from({ length: M }, (_, m) => Math.cos(m)));
    const experts = hostIndices(Array.from({ length: 2 * M }, (_, slot) => (slot * slot) % 3), [M, 2]);
    await worstRatio(device, ops.expertOuterOp, { inputs: { x, y: x, experts }, params: { E: 3, scale: 2 } });
  }
});
