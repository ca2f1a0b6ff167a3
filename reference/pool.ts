import { type Pooling, poolOp } from "../src/ops/pool.ts";
import { defineReference, type RefTensor } from "./reference.ts";

/** Rows [first, last) of x that sequence b is pooled from. */
export function pooled(offsets: RefTensor, b: number, kind: Pooling): readonly [first: number, last: number] {
  const [start, end] = [offsets.data[b], offsets.data[b + 1]];
  if (start === end) return [start, end];
  if (kind === "first") return [start, start + 1];
  return kind === "last" ? [end - 1, end] : [start, end];
}

/** Weight of row i of n in a sum; `max` has none. */
export function rowWeight(kind: Pooling, i: number, n: number): number {
  if (kind === "mean_sqrt_len") return 1 / Math.sqrt(n);
  return kind === "weighted_mean" ? (i + 1) / (n * (n + 1) / 2) : 1 / n;
}

/** The first of the rows [first, last) that has the greatest x[m, d]; a NaN is greater than all. */
export function greatestRow({ data, shape: [, D] }: RefTensor, first: number, last: number, d: number): number {
  let best = first;
  for (let m = first + 1; m < last; m++) {
    if (!(data[m * D + d] <= data[best * D + d]) && !Number.isNaN(data[best * D + d])) best = m;
  }
  return best;
}

/** The vector of sequence b before it is normalised: v[d] = Σ_i weight_i·x[i, d], or the greatest of a column. */
export function vectorOf(x: RefTensor, offsets: RefTensor, b: number, kind: Pooling): Float64Array {
  const D = x.shape[1];
  const [first, last] = pooled(offsets, b, kind);
  const vector = new Float64Array(D);
  for (let d = 0; d < D; d++) {
    if (kind === "max" && first < last) vector[d] = x.data[greatestRow(x, first, last, d) * D + d];
    else for (let m = first; m < last; m++) vector[d] += rowWeight(kind, m - first, last - first) * x.data[m * D + d];
  }
  return vector;
}

/** y[b] = the vector of sequence b, divided by √(Σ_d v[d]²) on request. x [M, D] → y [B, D]. */
export const pool = defineReference(poolOp, ({ x, offsets }, { y }, { kind, normalize }) => {
  const [B, D] = y.shape;
  for (let b = 0; b < B; b++) {
    const vector = vectorOf(x, offsets, b, kind);
    const length = normalize ? Math.hypot(...vector) : 1;
    for (let d = 0; d < D; d++) y.data[b * D + d] = length === 0 ? 0 : vector[d] / length;
  }
});
