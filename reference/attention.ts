import { attentionOp, keyRangesOp } from "../src/ops/attention.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/**
 * ranges[m] = [max(s, i − window), min(e, i + window + 1, causal ? i + 1 : ∞)) for key row i = rows[m] (or m) of the
 * sequence [s, e) = [offsets[b], offsets[b + 1]) that holds it; window 0 sets no limit.
 */
export const keyRanges = defineReference(
  keyRangesOp,
  ({ offsets, rows, queryOffsets }, { ranges }, { M, causal, window }) => {
    const live = liveRows(queryOffsets ?? (rows ? undefined : offsets), M);
    const ends = [...offsets.data.subarray(1)];
    for (let m = 0; m < live; m++) {
      const i = rows ? rows.data[m] : m;
      const b = ends.findIndex((end) => i < end);
      const reach = window > 0 ? window : Infinity;
      ranges.data[2 * m] = Math.max(offsets.data[b], i - reach);
      ranges.data[2 * m + 1] = Math.min(offsets.data[b + 1], i + reach + 1, causal ? i + 1 : Infinity);
    }
  },
);

/** Σ_i q[m, h, i]·k[n, g, i] / √K, where heads start at `from` and `key`. */
export function score(q: RefTensor, kv: RefTensor, from: number, key: number, K: number): number {
  let sum = 0;
  for (let i = 0; i < K; i++) sum += q.data[from + i] * kv.data[key + i];
  return sum / Math.sqrt(K);
}

/** p_n = exp(s_n − max s) / Σ exp(s − max s) over n in [start, end). */
export function softmax(scores: readonly number[]): number[] {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = scores.map((s) => Math.exp(s - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * y[m, h] = Σ_n p_n·v[n, g], p = softmax over n in ranges[m] of q[m, h]·k[n, g] / √K, g = ⌊h·G/H⌋.
 *
 * q [M, H·K], kv [C, 2·G·K] (k[n, g] at g·K, v[n, g] at (G + g)·K), ranges [M, 2] → y [M, H·K]; nothing visible gives 0.
 */
export const attention = defineReference(attentionOp, ({ q, kv, ranges, offsets }, { y }, { H, G, K }) => {
  for (let m = 0; m < liveRows(offsets, q.shape[0]); m++) {
    const [start, end] = ranges.data.subarray(2 * m, 2 * m + 2);
    for (let h = 0; h < H; h++) {
      const from = (m * H + h) * K;
      const key = (n: number) => (n * 2 * G + Math.floor(h * G / H)) * K;
      const scores: number[] = [];
      for (let n = start; n < end; n++) scores.push(score(q, kv, from, key(n), K));
      const p = softmax(scores);
      for (let i = 0; i < K; i++) {
        let sum = 0;
        for (let n = start; n < end; n++) sum += p[n - start] * kv.data[key(n) + G * K + i];
        y.data[from + i] = sum;
      }
    }
  }
});
