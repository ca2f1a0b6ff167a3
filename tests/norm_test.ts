import { assertAlmostEquals } from "@std/assert";
import fc from "fast-check";
import { type NormKind, NORMS } from "../src/op/kinds.ts";
import { hostTensor } from "../src/op/device.ts";
import { norm, normOp, type NormParams } from "../src/ops/norm.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/norm.ts";
import { size } from "./support/arbitraries.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(normOp, cases.norm);

/** Runs the reference on rows of double numbers; all weights one unless given. */
async function normed(D: number, x: Float64Array, params: NormParams, weight = new Float64Array(D).fill(1)) {
  const device = new ReferenceDevice("f64");
  const rows = device.from(hostTensor([x.length / D, D], x));
  return (await device.read({ y: norm(device, rows, device.from(hostTensor([D], weight)), params) })).y.data;
}

const row = fc.tuple(size(70, 2), fc.nat()).map(([D, seed]) => Float64Array.from(normals(seed, D)));

Deno.test("norm: the scale of a row does not matter as ε → 0, and for `layer` its shift neither", async () => {
  await fc.assert(fc.asyncProperty(row, fc.constantFrom(0.01, 7, 1e4), async (x, scale) => {
    const kinds = [["rms", 0], ["layer", 0], ["layer", 3]] as const;
    for (const [kind, shift] of kinds) {
      const one = await normed(x.length, x, { kind, eps: 1e-30 });
      const other = await normed(x.length, x.map((value) => scale * (value + shift)), { kind, eps: 1e-30 });
      one.forEach((value, d) => assertAlmostEquals(other[d], value, 1e-9));
    }
  }));
});

Deno.test("norm: `rms` gives mean square one, `layer` mean zero and variance one, before the weight", async () => {
  await fc.assert(fc.asyncProperty(row, async (x) => {
    const D = x.length;
    const meanOf = (of: ArrayLike<number>) => Array.from(of).reduce((a, b) => a + b, 0) / D;
    const rms = await normed(D, x, { kind: "rms", eps: 0 });
    const layer = await normed(D, x, { kind: "layer", eps: 0 });
    assertAlmostEquals(meanOf(rms.map((y) => y * y)), 1, 1e-12);
    assertAlmostEquals(meanOf(layer), 0, 1e-12);
    assertAlmostEquals(meanOf(layer.map((y) => y * y)), 1, 1e-12);
  }));
});

Deno.test("norm: worked examples", async () => {
  const weight = Float64Array.of(1, 10);
  const examples: [kind: NormKind, eps: number, x: number[], y: number[]][] = [
    ["rms", 0, [1, 7], [0.2, 14]],
    ["rms", 24, [1, 7], [1 / 7, 10]],
    ["layer", 0, [1, 7], [-1, 10]],
    ["layer", 16, [1, 7], [-0.6, 6]],
    ["layer", 16, [3, 3], [0, 0]],
  ];
  for (const [kind, eps, x, expected] of examples) {
    const y = await normed(2, Float64Array.from(x), { kind, eps }, weight);
    expected.forEach((value, d) => assertAlmostEquals(y[d], value, 1e-14));
  }
});

gpuTest("norm: more rows than one dimension of a grid, wide rows, zeros and constants", async (gpu) => {
  const constant = { x: hostTensor([2, 384], new Float32Array(768).fill(1).fill(0, 0, 384)) };
  for (const device of everyVariant(gpu)) {
    for (const kind of NORMS) {
      const check = async (M: number, D: number, x = hostTensor([M, D], normals(M, M * D))) => {
        const weight = hostTensor([D], normals(1, D));
        await worstRatio(device, normOp, { inputs: { x, weight }, params: { kind, eps: 1e-5 } });
      };
      await check(65537, 2);
      await check(2, 5000);
      await check(2, 384, constant.x);
    }
  }
});
