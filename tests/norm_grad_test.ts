import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { norm, type NormParams } from "../src/ops/norm.ts";
import { normGrad, normGradOp, normGradWeight, normGradWeightOp } from "../src/ops/norm_grad.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/norm_grad.ts";
import { size, tensor } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(normGradOp, cases.normGrad, 60);
equivalence(normGradWeightOp, cases.normGradWeight, 60);

const device = new ReferenceDevice("f64");
const kinds = ["rms", "layer"] as const;

/** Both gradients on the reference. */
function gradients(t: Record<"x" | "weight" | "dy", HostTensor>, params: NormParams) {
  const [x, weight, dy] = [device.from(t.x), device.from(t.weight), device.from(t.dy)];
  return { x: normGrad(device, { x, weight, dy }, params), weight: normGradWeight(device, { x, dy }, params) };
}

/** A few short rows, far enough from ε that differences see a smooth function. */
const rows = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 7 })).chain(([M, D]) =>
  fc.record({ x: tensor([M, D]), weight: tensor([D]), dy: tensor([M, D]) })
);

Deno.test("norm_grad: the gradients of norm", () => {
  fc.assert(fc.property(rows, fc.constantFrom(...kinds), ({ dy, ...inputs }, kind) => {
    const params = { kind, eps: 0.1 };
    const forward = (t: typeof inputs) => inner(norm(device, device.from(t.x), device.from(t.weight), params), dy);
    assertGradients(forward, inputs, gradients({ ...inputs, dy }, params));
  }));
});

Deno.test("normGrad: no gradient along invariances of norm: a row's scale as ε → 0, and for `layer` its shift", () => {
  // of two elements `layer` keeps a sign alone: its gradient is all rounding, without limit as they come near
  fc.assert(fc.property(size(70, 3), fc.nat(), (D, seed) => {
    const x = hostTensor([1, D], normals(seed, D));
    const dy = hostTensor([1, D], normals(seed + 1, D));
    const weight = hostTensor([D], normals(seed + 2, D));
    for (const kind of kinds) {
      const { x: dx } = gradients({ x, weight, dy }, { kind, eps: 1e-30 });
      const scale = Math.max(...Array.from(dx.data, Math.abs));
      assertAlmostEquals(inner(dx, x), 0, 1e-11 * (1 + scale));
      if (kind === "layer") assertAlmostEquals(inner(dx, { data: x.data.map(() => 1) }), 0, 1e-11 * (1 + scale));
    }
  }));
});

Deno.test("norm_grad: worked examples; rows that are not live add nothing", () => {
  const [x, weight] = [hostTensor([1, 2], [1, 7]), hostTensor([2], [1, 2])];
  const dy = hostTensor([1, 2], [5, 10]); // g = 5, 20
  const rms = gradients({ x, weight, dy }, { kind: "rms", eps: 0 }); // s = 1/5, x̂ = 1/5, 7/5, mean g·x̂ = 14.5
  [0.42, -0.06].forEach((value, d) => assertAlmostEquals(rms.x.data[d], value, 1e-14));
  [1, 14].forEach((value, d) => assertAlmostEquals(rms.weight.data[d], value, 1e-14));
  const layer = gradients({ x, weight, dy }, { kind: "layer", eps: 16 }); // s = 1/5, x̂ = ∓3/5, mean g·x̂ = 4.5
  [-0.96, 0.96].forEach((value, d) => assertAlmostEquals(layer.x.data[d], value, 1e-14));
  const two = device.from(hostTensor([2, 2], [1, 7, NaN, 3]));
  const inputs = { x: two, dy: two, offsets: device.from(hostIndices([0, 1])) };
  const { data } = normGradWeight(device, inputs, { kind: "rms", eps: 0 });
  [0.2, 9.8].forEach((value, d) => assertAlmostEquals(data[d], value, 1e-14));
});

gpuTest("norm_grad: many rows, wide rows, zeros, and no rows at all", async (gpu) => {
  for (const gpuDevice of everyVariant(gpu).filter(({ adapter }) => adapter.features.size === 0)) {
    for (const kind of kinds) {
      const check = async (M: number, D: number, x = hostTensor([M, D], normals(M, M * D))) => {
        const [weight, dy] = [hostTensor([D], normals(1, D)), hostTensor([M, D], normals(2, M * D))];
        const params = { kind, eps: 1e-5 };
        await worstRatio(gpuDevice, normGradOp, { inputs: { x, weight, dy }, params });
        await worstRatio(gpuDevice, normGradWeightOp, { inputs: { x, dy }, params });
      };
      // more than one dimension of a grid, more rounds than a dispatch may take
      if (kind === "layer") await check(66300, 13);
      await check(70, 1100); // several groups
      await check(2, 384, hostTensor([2, 384], new Float32Array(768).fill(1, 384)));
      await check(0, 70);
    }
  }
});

gpuTest("normGradWeight: the same numbers every time", async (gpu) => {
  const x = gpu.from(hostTensor([700, 60], normals(1, 42000)));
  const once = () => gpu.read({ dweight: normGradWeight(gpu, { x, dy: x }, { kind: "layer", eps: 1e-5 }) });
  assertEquals(await once(), await once());
});
