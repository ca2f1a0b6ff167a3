import { attentionGradKvOp, attentionGradQOp, attentionStatsOp } from "../../src/ops/attention_grad.ts";
import { score } from "../attention.ts";
import { dot, keyAt, seenBy, weigh } from "../attention_grad.ts";
import { liveRows } from "../reference.ts";
import { weightErrors } from "./attention.ts";
import { Sums, weighErrors } from "./attention_terms.ts";
import { logBound, sumBound, TINY, UNIT } from "./bound.ts";
import { absolute, defineBound } from "./define.ts";

/**
 * With weights w_n(1 + ε_n), |ε_n| ≤ e_n as in attention, Σw moves by Σ p_n e_n of itself, and by the rounding of n
 * additions and at most n changes of the maximum; that relative error r goes through the logarithm as r / (1 − r).
 * Then come log's own error, on either side of where it changes, and the addition of the maximum.
 */
export const attentionStats = defineBound(attentionStatsOp, ({ q, kv, ranges, y, dy, offsets }, { stats }, heads) => {
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
        sizes.push(score(absolute(q), absolute(kv), from, keyAt(n, h, heads), K));
      }
      const lse = stats.data[m * 2 * H + h];
      const sum = Math.exp(lse - scores.reduce((a, b) => Math.max(a, b), -Infinity));
      const moved = weightErrors(scores, sizes, K).reduce((all, e, n) => all + Math.exp(scores[n] - lse) * e, 0);
      const r = moved + (2 * scores.length + 2) * UNIT + scores.length * TINY; // weights that are flushed to zero
      bound[m * 2 * H + h] = (r < 1 ? r / (1 - r) : Infinity) + UNIT * Math.abs(lse) + TINY +
        Math.max(logBound(sum * (1 - r)), logBound(sum * (1 + r)));
      bound[m * 2 * H + H + h] = sumBound(K, dot(absolute(dy), from, absolute(y), from, K));
    }
  }
  return { stats: bound };
});

/** The error of every ds, times |k|, and the rounding of the sum, of the scale and of its product. */
export const attentionGradQ = defineBound(attentionGradQOp, ({ ranges, offsets, ...operands }, { dq }, heads) => {
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
});

/** The errors of every ds and p, times |q| and |dy|, and the rounding of the sums and of the scale. */
export const attentionGradKv = defineBound(attentionGradKvOp, ({ ranges, offsets, ...operands }, { dkv }, heads) => {
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
});
