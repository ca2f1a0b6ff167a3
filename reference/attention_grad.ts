import { attentionGradKvOp, attentionGradQOp, attentionStatsOp } from "../src/ops/attention_grad.ts";
import type { Heads } from "../src/ops/rope.ts";
import { score } from "./attention.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** Index of k[n, g] in kv, g = ⌊h·G/H⌋ the key/value head of query head h; v[n, g] is G·K elements further. */
export function keyAt(n: number, h: number, { H, G, K }: Heads): number {
  return (n * 2 * G + Math.floor(h * G / H)) * K;
}

/** Scores s_n of row m, head h with the keys n in [start, end). */
export function scoresOf(
  { q, kv }: { readonly q: RefTensor; readonly kv: RefTensor },
  m: number,
  h: number,
  [start, end]: readonly [number, number],
  heads: Heads,
): number[] {
  const { H, K } = heads, from = (m * H + h) * K;
  return Array.from({ length: end - start }, (_, i) => score(q, kv, from, keyAt(start + i, h, heads), K));
}

/** Σ_i a[i]·b[i] over two heads. */
export function dot(a: RefTensor, from: number, b: RefTensor, to: number, K: number): number {
  let sum = 0;
  for (let i = 0; i < K; i++) sum += a.data[from + i] * b.data[to + i];
  return sum;
}

/** Inputs of both gradients. */
export type Operands = { q: RefTensor; kv: RefTensor; dy: RefTensor; stats: RefTensor };

/** p = exp(s − lse) and slope = dy·v − δ of query row m, head h and key n; ds = p·slope. */
export function weigh(
  { q, kv, dy, stats }: Operands,
  m: number,
  h: number,
  n: number,
  heads: Heads,
): { p: number; slope: number } {
  const { H, G, K } = heads;
  const from = (m * H + h) * K, key = keyAt(n, h, heads);
  return {
    p: Math.exp(score(q, kv, from, key, K) - stats.data[m * 2 * H + h]),
    slope: dot(dy, from, kv, key + G * K, K) - stats.data[m * 2 * H + H + h],
  };
}

/**
 * stats[m, h] = log Σ_n exp(s_n) over n in ranges[m], s_n = q[m, h]·k[n, g] / √K; stats[m, H + h] = Σ_i dy[m, h, i]·y[m, h, i].
 *
 * q, y, dy [M, H·K], kv [C, 2·G·K], ranges [M, 2] → stats [M, 2·H]; nothing visible gives 0 and 0.
 */
export const attentionStats = defineReference(
  attentionStatsOp,
  ({ q, kv, ranges, y, dy, offsets }, { stats }, heads) => {
    const { H, K } = heads;
    for (let m = 0; m < liveRows(offsets, q.shape[0]); m++) {
      const [start, end] = ranges.data.subarray(2 * m, 2 * m + 2);
      if (start >= end) continue;
      for (let h = 0; h < H; h++) {
        const from = (m * H + h) * K;
        const scores = scoresOf({ q, kv }, m, h, [start, end], heads);
        const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
        const sum = scores.reduce((total, s) => total + Math.exp(s - most), 0);
        stats.data[m * 2 * H + h] = most + Math.log(sum);
        stats.data[m * 2 * H + H + h] = dot(dy, from, y, from, K);
      }
    }
  },
);

/**
 * dq[m, h] = Σ_n ds_n·k[n, g] / √K over n in ranges[m], ds_n = p_n·(dy[m, h]·v[n, g] − δ), p_n = exp(s_n − lse).
 *
 * q, dy [M, H·K], kv [C, 2·G·K], ranges [M, 2], stats [M, 2·H] (lse of all heads, then δ) → dq [M, H·K].
 */
export const attentionGradQ = defineReference(attentionGradQOp, ({ ranges, offsets, ...operands }, { dq }, heads) => {
  const { H, K } = heads;
  for (let m = 0; m < liveRows(offsets, dq.shape[0]); m++) {
    for (let h = 0; h < H; h++) {
      const sums = new Float64Array(K);
      for (let n = ranges.data[2 * m]; n < ranges.data[2 * m + 1]; n++) {
        const { p, slope } = weigh(operands, m, h, n, heads);
        for (let i = 0; i < K; i++) sums[i] += p * slope * operands.kv.data[keyAt(n, h, heads) + i];
      }
      for (let i = 0; i < K; i++) dq.data[(m * H + h) * K + i] = sums[i] / Math.sqrt(K);
    }
  }
});

/**
 * dk[n, g] = Σ_{m, h} ds·q[m, h] / √K and dv[n, g] = Σ_{m, h} p·dy[m, h], over the live rows m with n in ranges[m] and the
 * query heads h of g; p and ds as for dq.
 *
 * q, dy [M, H·K], kv [C, 2·G·K], ranges [M, 2], stats [M, 2·H] → dkv [C, 2·G·K]: dk of all heads, then dv.
 */
export const attentionGradKv = defineReference(
  attentionGradKvOp,
  ({ ranges, offsets, ...operands }, { dkv }, heads) => {
    const { H, G, K } = heads;
    for (let n = 0; n < dkv.shape[0]; n++) {
      for (let g = 0; g < G; g++) {
        const dk = new Float64Array(K), dv = new Float64Array(K);
        for (const [m, h] of seenBy(n, g, ranges, liveRows(offsets, ranges.shape[0]), heads)) {
          const { p, slope } = weigh(operands, m, h, n, heads);
          for (let i = 0; i < K; i++) {
            dk[i] += p * slope * operands.q.data[(m * H + h) * K + i];
            dv[i] += p * operands.dy.data[(m * H + h) * K + i];
          }
        }
        for (let i = 0; i < K; i++) {
          dkv.data[(n * 2 * G + g) * K + i] = dk[i] / Math.sqrt(K);
          dkv.data[(n * 2 * G + G + g) * K + i] = dv[i];
        }
      }
    }
  },
);

/** The live rows m that see key n, with each query head h that reads key/value head g. */
export function* seenBy(
  n: number,
  g: number,
  ranges: RefTensor,
  live: number,
  { H, G }: Heads,
): Generator<[number, number]> {
  for (let m = 0; m < live; m++) {
    if (n < ranges.data[2 * m] || n >= ranges.data[2 * m + 1]) continue;
    for (let h = g * H / G; h < (g + 1) * H / G; h++) yield [m, h];
  }
}
