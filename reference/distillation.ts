import { cosineDistanceOp, klDivergenceOp } from "../src/ops/distillation.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** Row m of x/τ relative to its greatest element, z ≤ 0, with Σ_v e^z[v], which is at least one. x [M, V]. */
export function softened({ data, shape: [, V] }: RefTensor, m: number, temperature: number) {
  const row = data.subarray(m * V, (m + 1) * V);
  let top = -Infinity;
  for (let v = 0; v < V; v++) top = Math.max(top, row[v]);
  const z = Float64Array.from({ length: V }, (_, v) => (row[v] - top) / temperature);
  let sum = 0;
  for (let v = 0; v < V; v++) sum += Math.exp(z[v]);
  return { z, sum };
}

/**
 * kl[m] = τ²·Σ_v t_v·(log t_v − log s_v), t = softmax(teacher[m]/τ), s = softmax(student[m]/τ); 0·log 0 is 0.
 * student, teacher [M, V] → kl [M, 1].
 */
export const klDivergence = defineReference(
  klDivergenceOp,
  ({ student, teacher, offsets }, { kl }, { temperature }) => {
    const [M, V] = student.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const s = softened(student, m, temperature);
      const t = softened(teacher, m, temperature);
      let sum = 0;
      for (let v = 0; v < V; v++) {
        const weight = Math.exp(t.z[v]) / t.sum;
        if (weight > 0) sum += weight * ((t.z[v] - Math.log(t.sum)) - (s.z[v] - Math.log(s.sum)));
      }
      kl.data[m] = temperature ** 2 * sum;
    }
  },
);

/** Σ_d a[d]·b[d] of rows m. a, b [M, D]. */
function dotOf(a: RefTensor, b: RefTensor, m: number): number {
  const D = a.shape[1];
  let sum = 0;
  for (let d = 0; d < D; d++) sum += a.data[m * D + d] * b.data[m * D + d];
  return sum;
}

/** 1/‖x[m]‖, and 0 for a row of zeros. x [M, D]. */
function inverseNorm(x: RefTensor, m: number): number {
  const square = dotOf(x, x, m);
  return square > 0 ? 1 / Math.sqrt(square) : 0;
}

/** Inverse norms of rows m of a and b, and the cosine of their angle, 0 where one is zero. a, b [M, D]. */
export function angle(a: RefTensor, b: RefTensor, m: number): { cosine: number; overA: number; overB: number } {
  const [overA, overB] = [inverseNorm(a, m), inverseNorm(b, m)];
  return { cosine: dotOf(a, b, m) * overA * overB, overA, overB };
}

/** y[m] = 1 − a·b/(‖a‖‖b‖), and 1 where one of them is zero. a, b [M, D] → y [M, 1]. */
export const cosineDistance = defineReference(cosineDistanceOp, ({ a, b, offsets }, { y }) => {
  for (let m = 0; m < liveRows(offsets, a.shape[0]); m++) y.data[m] = 1 - angle(a, b, m).cosine;
});
