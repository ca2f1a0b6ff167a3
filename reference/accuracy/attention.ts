import { attentionOp } from "../../src/ops/attention.ts";
import { score, softmax } from "../attention.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { DIVISION_ERROR, expError, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { type ErrorPair, Inherited } from "./exponentials.ts";
import { dotSum, LAMBDA, Sum, sumOf } from "./sums.ts";

/** Both errors of q·k/√K of the heads that start at `from` and `key`: K products, the rounded scale and its product. */
export function scoreErrors(q: RefTensor, kv: RefTensor, from: number, key: number, K: number): ErrorPair {
  return dotSum(K, [q.data, from], [kv.data, key], 1 / Math.sqrt(K)).both({ total: 2 });
}

/**
 * The sums of a softmax are rescaled by e^(old − new) where their maximum grows: `of` is the error that a sum inherits
 * from that. In the worst case the maximum grows with every term. Under the model it does so as often as in the order of
 * the indices, or as often as in a random order: ln n times, give or take λ standard deviations.
 */
export function rescaling(sum: Sum, scores: readonly number[]): number {
  const guaranteed = sum.guaranteed({ term: 0, addition: expError(0) / UNIT + 1 });
  if (sum.count === 0) return 0;
  let [records, most] = [0, -Infinity];
  for (const s of scores) if (s > most) [records, most] = [records + 1, s];
  const expected = 1 + Math.log(scores.length);
  const changes = Math.min(scores.length, Math.max(records, expected + LAMBDA * Math.sqrt(expected)));
  const probable = sum.probable({ term: 0, addition: expError(0) / UNIT + 1 });
  return Math.min(guaranteed, probable * Math.sqrt(changes / sum.count));
}

/**
 * With weights w_n(1 + ε_n) the quotient y = Σwv/Σw moves by Σ p_n ε_n (v_n − y) / (1 + Σ p_n ε_n): the same weights stand
 * above and below. ε_n comes from the score and its power, and from rescaling the sums as the maximum grows. To that come
 * the rounding of both sums and of the division.
 */
export const attention = defineBound(attentionOp, ({ q, kv, ranges, offsets }, { y }, { H, G, K }) => {
  const bound = new Float64Array(y.data.length);
  for (let m = 0; m < liveRows(offsets, q.shape[0]); m++) {
    const [start, end] = ranges.data.subarray(2 * m, 2 * m + 2);
    for (let h = 0; h < H; h++) {
      const from = (m * H + h) * K;
      const key = (n: number) => (n * 2 * G + Math.floor(h * G / H)) * K;
      const scores: number[] = [], errors: ErrorPair[] = [];
      for (let n = start; n < end; n++) {
        scores.push(score(q, kv, from, key(n), K));
        errors.push(scoreErrors(q, kv, from, key(n), K));
      }
      const p = softmax(scores);
      const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      const below = sumOf(p.length, (n) => p[n]);
      const ofBelow = below.error({ term: 0, addition: 1 });
      for (let i = 0; i < K; i++) {
        const out = y.data[from + i];
        const [moved, centered, above] = [new Inherited(), new Sum(), new Sum()];
        let values = 0;
        for (let n = 0; n < p.length; n++) {
          const v = kv.data[key(start + n) + G * K + i];
          moved.add(p[n] * (v - out), scores[n] - most, errors[n]);
          centered.add(p[n] * (v - out));
          above.add(p[n] * v);
          values += Math.abs(v);
        }
        const size = Math.abs(out);
        const error = moved.error() + rescaling(centered, scores) + above.error() + ofBelow * size;
        bound[from + i] = error * (1 + 2 * ofBelow) + DIVISION_ERROR * (size + error) +
          (end - start + 1) * TINY * (values + 1); // weights that are flushed to zero
      }
    }
  }
  return { y: bound };
});
