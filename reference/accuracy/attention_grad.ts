import { attentionGradKvOp, attentionGradQOp, attentionStatsOp } from "../../src/ops/attention_grad.ts";
import { keyAt, scoresOf, seenBy } from "../attention_grad.ts";
import { liveRows } from "../reference.ts";
import { rescaling, scoreErrors } from "./attention.ts";
import { HeadSums, weighed } from "./attention_terms.ts";
import { TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { Inherited, logError } from "./exponentials.ts";
import { Sum, sumOf } from "./sums.ts";

/**
 * Σw moves by Σ p_n ε_n of itself as in attention, and by the rounding of n additions; that relative error r goes through
 * the logarithm as r / (1 − r). Then come log's own error, on either side of where it changes, and the addition of the
 * maximum.
 */
export const attentionStats = defineBound(attentionStatsOp, ({ q, kv, ranges, y, dy, offsets }, { stats }, heads) => {
  const { H, K } = heads;
  const bound = new Float64Array(stats.data.length);
  for (let m = 0; m < liveRows(offsets, q.shape[0]); m++) {
    const [start, end] = ranges.data.subarray(2 * m, 2 * m + 2);
    if (start >= end) continue;
    for (let h = 0; h < H; h++) {
      const from = (m * H + h) * K;
      const scores = scoresOf({ q, kv }, m, h, [start, end], heads);
      const lse = stats.data[m * 2 * H + h];
      const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      const [moved, weights] = [new Inherited(), new Sum()];
      scores.forEach((s, n) => {
        moved.add(Math.exp(s - lse), s - most, scoreErrors(q, kv, from, keyAt(start + n, h, heads), K));
        weights.add(Math.exp(s - lse));
      });
      const flushed = scores.length * TINY; // weights that are flushed to zero
      const r = moved.error() + rescaling(weights, scores) + weights.error({ term: 0 }) + flushed;
      const sum = Math.exp(lse - most);
      bound[m * 2 * H + h] = (r < 1 ? logError(sum, r) : Infinity) + UNIT * Math.abs(lse) + TINY;
      bound[m * 2 * H + H + h] = sumOf(K, (i) => dy.data[from + i] * y.data[from + i]).error();
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
      const sums = new HeadSums(K);
      for (let n = start; n < end; n++) {
        sums.add(weighed(operands, m, h, n, heads), operands.kv, keyAt(n, h, heads), true);
      }
      bound.set(sums.errors(1 / Math.sqrt(K)), (m * H + h) * K);
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
      const dk = new HeadSums(K), dv = new HeadSums(K);
      const seen = [...seenBy(n, g, ranges, liveRows(offsets, ranges.shape[0]), heads)];
      if (seen.length === 0) continue;
      for (const [m, h] of seen) {
        const terms = weighed(operands, m, h, n, heads);
        dk.add(terms, operands.q, (m * H + h) * K, true);
        dv.add(terms, operands.dy, (m * H + h) * K, false);
      }
      bound.set(dk.errors(1 / Math.sqrt(K)), (n * 2 * G + g) * K);
      bound.set(dv.errors(1), (n * 2 * G + G + g) * K);
    }
  }
  return { dkv: bound };
});
