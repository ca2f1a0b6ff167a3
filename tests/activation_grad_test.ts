import fc from "fast-check";
import { type ActivationKind, ACTIVATIONS, GATED } from "../src/op/kinds.ts";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { hostTensor } from "../src/op/device.ts";
import { activation, gatedUnit } from "../src/ops/activation.ts";
import { activationGrad, activationGradOp, gatedUnitGrad, gatedUnitGradOp } from "../src/ops/activation_grad.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/activation_grad.ts";
import { tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(activationGradOp, cases.activationGrad);
equivalence(gatedUnitGradOp, cases.gatedUnitGrad);

const device = new ReferenceDevice("f64");
const smooth = ACTIVATIONS.filter((kind) => kind !== "relu");

/** f′ at some numbers. */
function slopes(kind: ActivationKind, x: number[]): number[] {
  const [rows, ones] = [x, x.map(() => 1)].map((data) =>
    device.from(hostTensor([1, x.length], Float64Array.from(data)))
  );
  return [...activationGrad(device, { x: rows, dy: ones }, { kind }).data];
}

Deno.test("activationGrad: the gradient of activation", () => {
  fc.assert(fc.property(tensor([2, 5], 2), tensor([2, 5]), fc.constantFrom(...smooth), (x, dy, kind) => {
    const forward = (t: { x: typeof x }) => inner(activation(device, device.from(t.x), kind), dy);
    assertGradients(forward, { x }, {
      x: activationGrad(device, { x: device.from(x), dy: device.from(dy) }, { kind }),
    });
  }));
});

Deno.test("gatedUnitGrad: the gradient of gatedUnit", () => {
  fc.assert(fc.property(tensor([2, 6], 2), tensor([2, 3]), fc.constantFrom(...GATED), (u, dz, kind) => {
    const forward = (t: { u: typeof u }) => inner(gatedUnit(device, device.from(t.u), kind), dz);
    assertGradients(forward, { u }, { u: gatedUnitGrad(device, { u: device.from(u), dz: device.from(dz) }, { kind }) });
  }));
});

Deno.test("activationGrad: slopes on both sides sum to one, or are equal", () => {
  fc.assert(fc.property(fc.double({ min: -300, max: 300, noNaN: true }), (x) => {
    for (const kind of GATED) {
      const [right, left] = slopes(kind, [x, -x]);
      assertAlmostEquals(right + left, 1, 1e-13);
    }
    for (const kind of ["tanh", "sigmoid"] as const) {
      const [right, left] = slopes(kind, [x, -x]);
      assertEquals(right, left);
    }
  }));
});

Deno.test("activationGrad: worked examples; relu′(0) = 0, and every slope is finite far out", () => {
  const expected: Record<ActivationKind, number[]> = {
    gelu: [0.5, 1.0833154705876863, -0.08331547058768629],
    silu: [0.5, 0.9276705118714867, 0.07232948812851329],
    relu: [0, 1, 0],
    tanh: [1, 0.4199743416140261, 0.4199743416140261],
    sigmoid: [0.25, 0.19661193324148185, 0.19661193324148185],
    square: [0, 2, -2],
  };
  for (const [kind, values] of Object.entries(expected) as [ActivationKind, number[]][]) {
    slopes(kind, [0, 1, -1]).forEach((slope, i) => assertAlmostEquals(slope, values[i], 1e-15));
    if (kind !== "square") { for (const slope of slopes(kind, [3e38, -3e38])) assert(slope === 0 || slope === 1); }
  }
});

gpuTest(
  "activationGrad: a fine sweep, where the approximations have their errors, and the ends of float32",
  async (gpu) => {
    const ends = [3.4e38, -3.4e38, 1e20, -1e20, 1e-38, -1e-38, 1e-45];
    const numbers = Float32Array.from({ length: 40000 }, (_, i) => ends[i] ?? (i - 20000) / 20000 * 16);
    const x = hostTensor([40, 1000], numbers);
    const dy = hostTensor([40, 1000], numbers.map(() => 1));
    for (const kind of ["gelu", "silu", "tanh", "sigmoid"] as const) {
      const worst = await worstRatio(everyVariant(gpu)[0], activationGradOp, { inputs: { x, dy }, params: { kind } });
      console.log(`activationGrad ${kind} on [-16, 16]: worst error / bound ${worst.toFixed(3)}`);
    }
  },
);

gpuTest("activationGrad: more words than one dimension of a grid", async (gpu) => {
  const u = hostTensor([66000, 130], normals(1, 66000 * 130));
  const dz = hostTensor([66000, 65], normals(2, 66000 * 65));
  await worstRatio(everyVariant(gpu)[0], gatedUnitGradOp, { inputs: { u, dz }, params: { kind: "silu" } });
});
