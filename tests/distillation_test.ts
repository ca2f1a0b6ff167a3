import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import * as ops from "../src/ops/distillation.ts";
import { crossEntropy } from "../src/ops/losses.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/distillation.ts";
import { size } from "./support/arbitraries.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(ops.klDivergenceOp, cases.klDivergence, 60);
equivalence(ops.cosineDistanceOp, cases.cosineDistance, 60);

const device = new ReferenceDevice("f64");
const on = (host: HostTensor) => device.from(host);
const table = (columns: number, values: ArrayLike<number>, rows = values.length / columns) =>
  on(hostTensor([rows, columns], Float64Array.from(values)));
const first = ({ data }: RefTensor) => data[0];
const close = (actual: ArrayLike<number>, expected: number[]) =>
  expected.forEach((value, i) => assertAlmostEquals(actual[i], value, 1e-14));

/** KL of one row of each. */
const kl = (student: ArrayLike<number>, teacher: ArrayLike<number>, temperature: number) =>
  first(ops.klDivergence(device, {
    student: table(student.length, student),
    teacher: table(teacher.length, teacher),
  }, { temperature }));

/** Distance of one row of each. */
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  first(ops.cosineDistance(device, { a: table(a.length, a), b: table(b.length, b) }));

/** Two rows of equal length, and a positive number. */
const pair = fc.record({ V: size(40, 2), seed: fc.nat(), scale: fc.constantFrom(0.3, 1, 2.5, 7) })
  .map(({ V, seed, scale }) => ({ x: normals(seed, V), y: normals(seed + 1, V), scale }));

/** softmax(x/τ). */
const shares = (x: Float32Array, temperature: number) => {
  const powers = Array.from(x, (value) => Math.exp(value / temperature));
  return powers.map((power) => power / powers.reduce((a, b) => a + b));
};

Deno.test("klDivergence: at least half the squared distance (Pinsker), 0 for equal logits up to a shift, and no shift matters", () => {
  fc.assert(fc.property(pair, fc.integer({ min: -100, max: 100 }), ({ x, y, scale }, shift) => {
    const moved = (row: Float32Array) => Float64Array.from(row, (value) => value + shift);
    const between = kl(x, y, scale);
    const [p, q] = [shares(x, scale), shares(y, scale)];
    const least = scale ** 2 / 2 * p.reduce((sum, value, v) => sum + Math.abs(value - q[v]), 0) ** 2;
    assert(between >= least - 1e-11, `${between} < ${least}`);
    assertAlmostEquals(kl(x, moved(x), scale), 0, 1e-11);
    assertAlmostEquals(kl(moved(x), y, scale), between, 1e-11);
    assertAlmostEquals(kl(x, moved(y), scale), between, 1e-11);
  }));
});

Deno.test("klDivergence: of logits times τ at temperature τ, τ² as much; of a certain teacher, the cross entropy", () => {
  fc.assert(fc.property(pair, ({ x, y, scale }) => {
    const times = (row: Float32Array) => Float64Array.from(row, (value) => value * scale);
    assertAlmostEquals(kl(times(x), times(y), scale), scale ** 2 * kl(x, y, 1), 1e-11);
    const certain = Float64Array.from(x, (_, v) => v === 1 ? 0 : -1e4);
    const nll = crossEntropy(device, table(x.length, x), on(hostIndices([1])));
    assertAlmostEquals(kl(x, certain, 1), first(nll), 1e-12);
  }));
});

Deno.test("cosineDistance: 0 for positive multiples, 2 for negative ones, symmetric, blind to lengths, half a square", () => {
  fc.assert(fc.property(pair, ({ x, y, scale }) => {
    const times = (row: Float32Array, by: number) => Float64Array.from(row, (value) => value * by);
    assertAlmostEquals(distance(x, times(x, scale)), 0, 1e-14);
    assertAlmostEquals(distance(times(x, -scale), x), 2, 1e-14);
    const between = distance(x, y);
    assertAlmostEquals(distance(y, x), between, 1e-14);
    assertAlmostEquals(distance(times(x, scale), y), between, 1e-14);
    const [p, q] = [times(x, 1 / Math.hypot(...x)), times(y, 1 / Math.hypot(...y))];
    assertAlmostEquals(p.reduce((sum, value, d) => sum + (value - q[d]) ** 2 / 2, 0), between, 1e-13);
  }));
});

Deno.test("distillation: worked examples", () => {
  const student = table(2, [0, 0, 0, Math.log(3), 7, 9]);
  const teacher = table(2, [0, Math.log(3), -Infinity, 1, 0, 9]);
  const offsets = on(hostIndices([0, 2]));
  const one = ops.klDivergence(device, { student, teacher, offsets }, { temperature: 1 });
  assertEquals(one.shape, [3, 1]);
  close(one.data, [0.75 * Math.log(1.5) - 0.25 * Math.LN2, Math.log(4 / 3), 0]);
  close([kl([0, 0], [0, 2 * Math.log(3)], 2)], [4 * (0.75 * Math.log(1.5) - 0.25 * Math.LN2)]);
  const a = table(2, [1, 0, 3, 4, 0, 0, 2, 2]);
  const b = table(2, [1, 1, 4, -3, 1, 2, 0, 0]);
  close(ops.cosineDistance(device, { a, b }).data, [1 - Math.SQRT1_2, 1, 1, 1]);
  close(ops.cosineDistance(device, { a, b, offsets: on(hostIndices([0, 1])) }).data, [1 - Math.SQRT1_2, 0, 0, 0]);
  close(ops.cosineDistance(device, { a: table(0, [], 2), b: table(0, [], 2) }).data, [1, 1]);
});

gpuTest("distillation: exactly 0 for equal predictions, never negative, never beyond 0 and 2", async (gpu) => {
  for (const V of [5, 300]) {
    const x = hostTensor([200, V], normals(3, 200 * V));
    const near = hostTensor([200, V], x.data.map((value, i) => value + (i % 7) * 1e-5));
    for (const device of everyVariant(gpu)) {
      const [one, two] = [device.from(x), device.from(near)];
      const { same, kl, y } = await device.read({
        same: ops.klDivergence(device, { student: one, teacher: one }, { temperature: 2 }),
        kl: ops.klDivergence(device, { student: one, teacher: two }, { temperature: 2 }),
        y: ops.cosineDistance(device, { a: one, b: two }),
      });
      assertEquals(Math.max(...same.data), 0);
      assert(Math.min(...kl.data) >= 0 && Math.min(...y.data) >= 0 && Math.max(...y.data) <= 2);
      for (const tensor of [one, two]) device.free(tensor);
    }
  }
});

gpuTest("klDivergence: vocabularies of 50,368 and 300,001, with extreme logits", async (gpu) => {
  for (const [M, V] of [[2, 50368], [1, 300_001]]) {
    const student = hostTensor([M, V], normals(1, M * V, 5).map((value, i) => i < V ? value : value * 2000));
    const inputs = { student, teacher: hostTensor([M, V], normals(2, M * V, 5)) };
    for (const device of everyVariant(gpu).filter((_, i) => i % 2 === 0)) {
      await worstRatio(device, ops.klDivergenceOp, { inputs, params: { temperature: 2 } });
    }
  }
});
