import { attentionOp } from "../../src/ops/attention.ts";
import { score, softmax } from "../attention.ts";
import { liveRows } from "../reference.ts";
import { DIVISION_ERROR, expError, TINY, UNIT } from "./bound.ts";
import { absolute, defineBound } from "./define.ts";

/**
 * With weights w_n(1 + ε_n), |ε_n| ≤ e_n, the quotient Σwv/Σw moves by at most Σ p_n e_n |v_n − y| / (1 − Σ p_n e_n):
 * the same weights stand above and below. To that come the rounding of both sums and of the division.
 */
export const attention = defineBound(attentionOp, ({ q, kv, ranges, offsets }, { y }, { H, G, K }) => {
  const bound = new Float64Array(y.data.length);
  for (let m = 0; m < liveRows(offsets, q.shape[0]); m++) {
    const [start, end] = ranges.data.subarray(2 * m, 2 * m + 2);
    for (let h = 0; h < H; h++) {
      const from = (m * H + h) * K;
      const key = (n: number) => (n * 2 * G + Math.floor(h * G / H)) * K;
      const scores: number[] = [], sizes: number[] = [];
      for (let n = start; n < end; n++) {
        scores.push(score(q, kv, from, key(n), K));
        sizes.push(score(absolute(q), absolute(kv), from, key(n), K));
      }
      const p = softmax(scores);
      const e = weightErrors(scores, sizes, K);
      const shift = p.reduce((sum, weight, n) => sum + weight * e[n], 0);
      for (let i = 0; i < K; i++) {
        let moved = 0, absolutes = 0, values = 0;
        for (let n = start; n < end; n++) {
          const v = kv.data[key(n) + G * K + i];
          moved += p[n - start] * e[n - start] * Math.abs(v - y.data[from + i]);
          absolutes += p[n - start] * Math.abs(v);
          values += Math.abs(v);
        }
        bound[from + i] = (shift < 1 ? moved / (1 - shift) : Infinity) +
          sumsError(end - start, absolutes, y.data[from + i]) +
          (end - start + 1) * TINY * (values + 1); // weights that are flushed to zero
      }
    }
  }
  return { y: bound };
});

/**
 * Relative error of each weight exp(s − max), computed at once or in steps as the maximum grows.
 *
 * δ = (K + 4)·u·Σ|q·k|/√K: K products, the rounding of the scale and of its product. Steps: at most one exp per key,
 * each 3 ulp; their arguments have one sign and add up to s − max, so that the 2·|x| ulp of exp and the u·|x| of the
 * subtraction add up too.
 */
export function weightErrors(scores: readonly number[], sizes: readonly number[], K: number): number[] {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  return scores.map((s, n) => {
    const delta = (K + 4) * UNIT * sizes[n];
    const exps = expError(most - s) + scores.length * expError(0) + (most - s) * UNIT;
    return Math.expm1(delta + exps);
  });
}

/** Rounding of Σwv and Σw, n terms and at most n changes of the maximum each, and of their quotient. */
function sumsError(n: number, absolutes: number, y: number): number {
  return (2 * n + 2) * UNIT * (absolutes + Math.abs(y)) + DIVISION_ERROR * Math.abs(y);
}
