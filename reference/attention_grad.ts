import { attentionGradKvOp, attentionGradQOp, attentionStatsOp } from "../src/ops/attention_grad.ts";
import type { Heads } from "../src/ops/rope.ts";
import { score, weightErrors } from "./attention.ts";
import { dot, keyAt, Sums, weigh, weighErrors } from "./attention_terms.ts";
import { logBound, sumBound, TINY, UNIT } from "./bound.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/**
 * stats[m, h] = log Σ_n exp(s_n) over n in ranges[m], s_n = q[m, h]·k[n, g] / √K; stats[m, H + h] = Σ_i dy[m, h, i]·y[m, h, i].
 *
 * q, y, dy [M, H·K], kv [N, 2·G·K], ranges [M, 2] → stats [M, 2·H]; nothing visible gives 0 and 0.
 */
export const attentionStats = defineReference(attentionStatsOp, {
  run({ q, kv, ranges, y, dy, offsets }, { stats }, heads) {
    const { H, K } = heads;
    for (let m = 0; m < liveRows(offsets, q.shape[0]); m++) {
      const [start, end] = ranges.data.subarray(2 * m, 2 * m + 2);
      if (start >= end) continue;
      for (let h = 0; h < H; h++) {
        const from = (m * H + h) * K;
        const scores: number[] = [];
        for (let n = start; n < end; n++) scores.push(score(q, kv, from, keyAt(n, h, heads), K));
        const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
        const sum = scores.reduce((total, s) => total + Math.exp(s - most), 0);
        stats.data[m * 2 * H + h] = most + Math.log(sum);
        stats.data[m * 2 * H + H + h] = dot(dy, from, y, from, K);
      }
    }
  },

  /**
   * With weights w_n(1 + ε_n), |ε_n| ≤ e_n as in attention, Σw moves by Σ p_n e_n of itself, and by the rounding of n
   * additions and at most n changes of the maximum; that relative error r goes through the logarithm as r / (1 − r).
   * Then come log's own error, on either side of where it changes, and the addition of the maximum.
   */
  bound({ q, kv, ranges, y, dy, offsets }, { stats }, heads) {
    const { H, K } = heads;
    const bound = new Float64Array(stats.data.length);
    for (let m = 0; m < liveRows(offsets, q.shape[0]); m++) {
      const [start, end] = ranges.data.subarray(2 * m, 2 * m + 2);
      if (start >= end) continue;
      for (let h = 0; h < H; h++) {
        const from = (m * H + h) * K;
        const scores: number[] = [], sizes: number[] = [];
        for (let n = start; n < end; n++) {
          scores.push(score(q, kv, from, keyAt(n, h, heads), K));
          sizes.push(score(q, kv, from, keyAt(n, h, heads), K, true));
        }
        const lse = stats.data[m * 2 * H + h];
        const sum = Math.exp(lse - scores.reduce((a, b) => Math.max(a, b), -Infinity));
        const moved = weightErrors(scores, sizes, K).reduce((all, e, n) => all + Math.exp(scores[n] - lse) * e, 0);
        const r = moved + (2 * scores.length + 2) * UNIT + scores.length * TINY; // weights that are flushed to zero
        bound[m * 2 * H + h] = (r < 1 ? r / (1 - r) : Infinity) + UNIT * Math.abs(lse) + TINY +
          Math.max(logBound(sum * (1 - r)), logBound(sum * (1 + r)));
        bound[m * 2 * H + H + h] = sumBound(K, dot(dy, from, y, from, K, true));
      }
    }
    return { stats: bound };
  },
});

/**
 * dq[m, h] = Σ_n ds_n·k[n, g] / √K over n in ranges[m], ds_n = p_n·(dy[m, h]·v[n, g] − δ), p_n = exp(s_n − lse).
 *
 * q, dy [M, H·K], kv [N, 2·G·K], ranges [M, 2], stats [M, 2·H] (lse of all heads, then δ) → dq [M, H·K].
 */
export const attentionGradQ = defineReference(attentionGradQOp, {
  run({ ranges, offsets, ...operands }, { dq }, heads) {
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
  },

  /** The error of every ds, times |k|, and the rounding of the sum, of the scale and of its product. */
  bound({ ranges, offsets, ...operands }, { dq }, heads) {
    const { H, K } = heads;
    const bound = new Float64Array(dq.data.length);
    for (let m = 0; m < liveRows(offsets, dq.shape[0]); m++) {
      const [start, end] = ranges.data.subarray(2 * m, 2 * m + 2);
      if (start >= end) continue;
      for (let h = 0; h < H; h++) {
        const sums = new Sums(K);
        for (let n = start; n < end; n++) {
          const { p, slope } = weigh(operands, m, h, n, heads);
          sums.add(Math.abs(p * slope), weighErrors(operands, m, h, n, heads).ds, operands.kv, keyAt(n, h, heads));
        }
        bound.set(sums.bounds(1 / Math.sqrt(K)), (m * H + h) * K);
      }
    }
    return { dq: bound };
  },
});

/**
 * dk[n, g] = Σ_{m, h} ds·q[m, h] / √K and dv[n, g] = Σ_{m, h} p·dy[m, h], over the live rows m with n in ranges[m] and the
 * query heads h of g; p and ds as for dq.
 *
 * q, dy [M, H·K], kv [N, 2·G·K], ranges [M, 2], stats [M, 2·H] → dkv [N, 2·G·K]: dk of all heads, then dv.
 */
export const attentionGradKv = defineReference(attentionGradKvOp, {
  run({ ranges, offsets, ...operands }, { dkv }, heads) {
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

  /** The errors of every ds and p, times |q| and |dy|, and the rounding of the sums and of the scale. */
  bound({ ranges, offsets, ...operands }, { dkv }, heads) {
    const { H, G, K } = heads;
    const bound = new Float64Array(dkv.data.length);
    for (let n = 0; n < dkv.shape[0]; n++) {
      for (let g = 0; g < G; g++) {
        const dk = new Sums(K), dv = new Sums(K);
        const seen = [...seenBy(n, g, ranges, liveRows(offsets, ranges.shape[0]), heads)];
        if (seen.length === 0) continue;
        for (const [m, h] of seen) {
          const { p, slope } = weigh(operands, m, h, n, heads);
          const errors = weighErrors(operands, m, h, n, heads);
          dk.add(Math.abs(p * slope), errors.ds, operands.q, (m * H + h) * K);
          dv.add(p, errors.p, operands.dy, (m * H + h) * K);
        }
        bound.set(dk.bounds(1 / Math.sqrt(K)), (n * 2 * G + g) * K);
        bound.set(dv.bounds(1), (n * 2 * G + G + g) * K);
      }
    }
    return { dkv: bound };
  },
});

/** The live rows m that see key n, with each query head h that reads key/value head g. */
function* seenBy(n: number, g: number, ranges: RefTensor, live: number, { H, G }: Heads): Generator<[number, number]> {
  for (let m = 0; m < live; m++) {
    if (n < ranges.data[2 * m] || n >= ranges.data[2 * m + 1]) continue;
    for (let h = g * H / G; h < (g + 1) * H / G; h++) yield [m, h];
  }
}
