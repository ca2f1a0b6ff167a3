import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { ActivationKind } from "../src/op/kinds.ts";
import fc from "fast-check";
import { hostTensor } from "../src/op/device.ts";
import { activation, activationOp, gatedUnit, gatedUnitOp } from "../src/ops/activation.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/activation.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(activationOp, cases.activation);
equivalence(gatedUnitOp, cases.gatedUnit);

async function applied(kind: ActivationKind, x: number[]): Promise<number[]> {
  const device = new ReferenceDevice("f64");
  const row = device.from(hostTensor([1, x.length], Float64Array.from(x)));
  return [...(await device.read({ y: activation(device, row, kind) })).y.data];
}

const real = fc.double({ min: -50, max: 50, noNaN: true });

Deno.test("activation: gelu and silu are odd up to x, tanh is odd, tanh x = 2·sigmoid 2x − 1", async () => {
  await fc.assert(fc.asyncProperty(real, async (x) => {
    for (const kind of ["gelu", "silu", "relu"] as const) {
      const [right, left] = await applied(kind, [x, -x]);
      assertAlmostEquals(right - left, x, 1e-13);
    }
    const [right, left] = await applied("tanh", [x, -x]);
    const [double] = await applied("sigmoid", [2 * x]);
    assertAlmostEquals(right + left, 0, 1e-15);
    assertAlmostEquals(right, 2 * double - 1, 1e-15);
  }));
});

Deno.test("activation: worked examples", async () => {
  const expected: Record<ActivationKind, number[]> = {
    gelu: [0, 0.8413447460685429, -0.15865525393145707],
    silu: [0, 0.7310585786300049, -0.2689414213699951],
    relu: [0, 1, 0],
    tanh: [0, 0.7615941559557649, -0.7615941559557649],
    sigmoid: [0.5, 0.7310585786300049, 0.2689414213699951],
    square: [0, 1, 1],
  };
  for (const [kind, values] of Object.entries(expected)) {
    const actual = await applied(kind as ActivationKind, [0, 1, -1]);
    values.forEach((value, i) => assertAlmostEquals(actual[i], value, 1e-15));
  }
});

Deno.test("gatedUnit: the first half is activated, the second multiplies", async () => {
  const device = new ReferenceDevice("f64");
  const u = device.from(hostTensor([2, 4], Float64Array.of(1, -1, 10, 100, 0, 2, 5, 1)));
  const { z } = await device.read({ z: gatedUnit(device, u, "silu") });
  const [a, b, c] = await applied("silu", [1, -1, 2]);
  assertEquals([...z.data], [10 * a, 100 * b, 0, c]);
});

gpuTest("activation: a fine sweep, where the approximations have their errors", async (gpu) => {
  const x = hostTensor([40, 1000], Float32Array.from({ length: 40000 }, (_, i) => (i - 20000) / 20000 * 16));
  for (const kind of ["gelu", "silu", "tanh", "sigmoid"] as const) {
    const worst = await worstRatio(everyVariant(gpu)[0], activationOp, { inputs: { x }, params: { kind } });
    console.log(`activation ${kind} on [-16, 16]: worst error / bound ${worst.toFixed(3)}`);
  }
});

gpuTest("activation: more rows than one dimension of a grid", async (gpu) => {
  const u = hostTensor([65537, 4], normals(1, 4 * 65537));
  for (const device of everyVariant(gpu)) {
    await worstRatio(device, gatedUnitOp, { inputs: { u }, params: { kind: "silu" } });
    await worstRatio(device, activationOp, { inputs: { x: u }, params: { kind: "square" } });
  }
});
