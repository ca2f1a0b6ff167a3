import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type MergeMode, MERGES } from "../src/op/kinds.ts";
import { hostTensor } from "../src/op/device.ts";
import { linear } from "../src/ops/linear.ts";
import { expertMerge, expertMergeOp } from "../src/ops/merge.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/merge.ts";
import { equivalence } from "./support/equivalence.ts";
import { gpuTest } from "./support/gpu.ts";

equivalence(expertMergeOp, cases.expertMerge);

const device = new ReferenceDevice("f64");
const modes = MERGES;
const numbers = (seed: number, count: number) => Float64Array.from(normals(seed, count));
const on = (shape: number[], data: Float64Array) => device.from(hostTensor(shape, data));

/** A matrix and its experts; `equal` gives every expert the first one's numbers. */
function experts(seed: number, [O, F, E, R]: number[], equal = false) {
  const repeat = (one: Float64Array) => Float64Array.from({ length: E * one.length }, (_, i) => one[i % one.length]);
  const all = (salt: number, size: number) =>
    equal ? repeat(numbers(seed + salt, size)) : numbers(seed + salt, E * size);
  return { w: on([O, F], numbers(seed, O * F)), a: on([E, R, F], all(1, R * F)), b: on([E, O, R], all(2, O * R)) };
}

const merge = (inputs: ReturnType<typeof experts>, q: number[], mode: MergeMode, scale = 0.5) =>
  expertMerge(device, { ...inputs, q: on([q.length], Float64Array.from(q)) }, { mode, scale });

/** Weights that sum to one. */
const share = (E: number, seed: number) => {
  const raw = numbers(seed, E).map((value) => Math.abs(value) + 0.1);
  return [...raw.map((value) => value / raw.reduce((a, b) => a + b))];
};

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>) =>
  Array.from(expected).forEach((value, i) => assertAlmostEquals(actual[i], value, 1e-11));

const sizes = fc.tuple(fc.nat(), ...[6, 7, 5, 4].map((max) => fc.integer({ min: 1, max })));
const law = (body: (seed: number, shape: number[]) => void) =>
  fc.assert(fc.property(sizes, ([seed, ...shape]) => body(seed, shape)));

Deno.test("expertMerge: one expert, or equal ones, merge into w + s·B·A in both modes", () =>
  law((seed, [O, F, E, R]) => {
    const one = experts(seed, [O, F, 1, R], true);
    const x = on([3, F], numbers(seed + 3, 3 * F));
    const rank = linear(device, x, on([R, F], one.a.data as Float64Array));
    const adapted = linear(device, rank, on([O, R], one.b.data.map((value) => 0.5 * value) as Float64Array), {
      residual: linear(device, x, one.w),
    });
    for (const mode of modes) {
      close(linear(device, x, merge(one, [1], mode)).data, adapted.data);
      close(linear(device, x, merge(experts(seed, [O, F, E, R], true), share(E, seed), mode)).data, adapted.data);
    }
  }));

Deno.test("expertMerge: `delta` is linear in q, `factor` quadratic", () =>
  law((seed, shape) => {
    const inputs = experts(seed, shape);
    const [p, q] = [numbers(seed + 4, shape[2]), numbers(seed + 5, shape[2])];
    const change = (weights: Float64Array, mode: MergeMode) =>
      merge(inputs, [...weights], mode).data.map((value, i) => value - inputs.w.data[i]);
    const [first, second] = [change(p, "delta"), change(q, "delta")];
    close(
      change(p.map((value, e) => 2 * value - 3 * q[e]), "delta"),
      first.map((value, i) => 2 * value - 3 * second[i]),
    );
    close(change(p.map((value) => 3 * value), "factor"), change(p, "factor").map((value) => 9 * value));
  }));

Deno.test("expertMerge: B = 0, q = 0 or s = 0 returns w unchanged", () =>
  law((seed, shape) => {
    const inputs = experts(seed, shape);
    const none = on(inputs.b.shape as number[], new Float64Array(inputs.b.data.length));
    const q = share(shape[2], seed);
    for (const mode of modes) {
      assertEquals(merge({ ...inputs, b: none }, q, mode).data, inputs.w.data);
      assertEquals(merge(inputs, q.map(() => 0), mode).data, inputs.w.data);
      assertEquals(merge(inputs, q, mode, 0).data, inputs.w.data);
    }
  }));

Deno.test("expertMerge: a worked example where the two modes differ", () => {
  const inputs = {
    w: on([1, 2], Float64Array.of(1, 2)),
    a: on([2, 1, 2], Float64Array.of(1, 3, 2, 4)),
    b: on([2, 1, 1], Float64Array.of(10, 20)),
  };
  // delta: 0.5·10·[1 3] + 0.5·20·[2 4] = [25 55]; factor: 15·[1.5 3.5] = [22.5 52.5]
  assertEquals([...merge(inputs, [0.5, 0.5], "delta", 2).data], [51, 112]);
  assertEquals([...merge(inputs, [0.5, 0.5], "factor", 2).data], [46, 107]);
});

gpuTest("expertMerge: with B = 0 the kernel gives w back, bit by bit", async (gpu) => {
  const w = hostTensor([33, 64], normals(1, 33 * 64));
  const rest = { a: hostTensor([4, 16, 64], normals(2, 4096)), q: hostTensor([4], normals(3, 4)) };
  const b = hostTensor([4, 33, 16], new Float32Array(4 * 33 * 16));
  for (const mode of modes) {
    const inputs = { w: gpu.from(w), a: gpu.from(rest.a), b: gpu.from(b), q: gpu.from(rest.q) };
    const { y } = await gpu.read({ y: expertMerge(gpu, inputs, { mode, scale: 2 }) });
    assertEquals(y.data, w.data);
    for (const tensor of Object.values(inputs)) gpu.free(tensor);
  }
});
