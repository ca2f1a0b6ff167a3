import type { Pooling } from "../src/op/kinds.ts";
import { poolOp } from "../src/ops/pool.ts";
import { defineReference, type RefTensor } from "./reference.ts";

/** How the n ≥ 1 rows of a sequence become a vector. */
interface PoolingRule {
  /** The rows that count, [from, to). */
  rows(n: number): readonly [from: number, to: number];
  /** Weight of row i of n such rows in their sum; absent: the greatest of each column. */
  weight?(i: number, n: number): number;
}

const all = (n: number) => [0, n] as const;

/** The rule of each kind. */
const rules: Readonly<Record<Pooling, PoolingRule>> = {
  mean: { rows: all, weight: (_, n) => 1 / n },
  first: { rows: () => [0, 1], weight: () => 1 },
  last: { rows: (n) => [n - 1, n], weight: () => 1 },
  max: { rows: all },
  mean_sqrt_len: { rows: all, weight: (_, n) => 1 / Math.sqrt(n) },
  weighted_mean: { rows: all, weight: (i, n) => (i + 1) / (n * (n + 1) / 2) },
};

/** Rows [first, last) of x that sequence b is pooled from. */
export function pooled(offsets: RefTensor, b: number, kind: Pooling): readonly [first: number, last: number] {
  const [start, end] = [offsets.data[b], offsets.data[b + 1]];
  if (start === end) return [start, end];
  const [from, to] = rules[kind].rows(end - start);
  return [start + from, start + to];
}

/** Weight of x[m, d] in the vector of the rows [first, last): that of its row, or 1 for the greatest of its column. */
export function weightAt(
  kind: Pooling,
  x: RefTensor,
  [first, last]: readonly [number, number],
  m: number,
  d: number,
): number {
  const { weight } = rules[kind];
  return weight ? weight(m - first, last - first) : Number(greatestRow(x, first, last, d) === m);
}

/** The first of the rows [first, last) that has the greatest x[m, d]; a NaN is greater than all. */
function greatestRow({ data, shape: [, D] }: RefTensor, first: number, last: number, d: number): number {
  let best = first;
  for (let m = first + 1; m < last; m++) {
    if (!(data[m * D + d] <= data[best * D + d]) && !Number.isNaN(data[best * D + d])) best = m;
  }
  return best;
}

/** The vector of sequence b before it is normalised: v[d] = Σ_m weight·x[m, d] over its rows, or the greatest of a column. */
export function vectorOf(x: RefTensor, offsets: RefTensor, b: number, kind: Pooling): Float64Array {
  const D = x.shape[1];
  const rows = pooled(offsets, b, kind);
  const { weight } = rules[kind];
  const vector = new Float64Array(D);
  for (let d = 0; d < D; d++) {
    if (!weight) vector[d] = rows[0] < rows[1] ? x.data[greatestRow(x, ...rows, d) * D + d] : 0;
    else {for (let m = rows[0]; m < rows[1]; m++) {
        vector[d] += weight(m - rows[0], rows[1] - rows[0]) * x.data[m * D + d];
      }}
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
