import { cosineDistanceOp, klDivergenceOp } from "../../src/ops/distillation.ts";
import { angle, softened } from "../distillation.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { DIVISION_ERROR, INVERSE_SQRT_ERROR, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { Sum, sumOf } from "./sums.ts";
import { exponentialsError, logSumExpBound, powerError } from "./exponentials.ts";

/** Roundings of (x − top)/τ: the difference, τ or its inverse to float32, and a division (five) or a product. */
export const SOFTENED: number = 2 + DIVISION_ERROR / UNIT;

/** For Σ e^t·(t − s) / Σ e^t + log Σ e^s − log Σ e^t: a division, two logarithms, two sums, and τ², rounded four times. */
export const klDivergence = defineBound(klDivergenceOp, ({ student, teacher, offsets }, { kl }, { temperature }) => {
  const [M] = student.shape;
  const bound = new Float64Array(M);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const s = softened(student, m, temperature);
    const t = softened(teacher, m, temperature);
    const gaps = gapsError(s.z, t.z);
    const { sum, relative } = exponentialsError(t.z, 0, SOFTENED);
    const gap = Math.abs(gaps.sum) / sum;
    const gapError = (Math.abs(gaps.sum) + gaps.error) / (sum * (1 - relative)) * (1 + DIVISION_ERROR) - gap;
    const logs = Math.abs(Math.log(s.sum) - Math.log(t.sum));
    const logsError = logSumExpBound(s.z, 0, SOFTENED) + logSumExpBound(t.z, 0, SOFTENED);
    const error = gapError + logsError + 2 * UNIT * (gap + gapError + logs + logsError);
    bound[m] = temperature ** 2 * error * (1 + 4 * UNIT) + 4 * UNIT * Math.abs(kl.data[m]) + TINY;
  }
  return { kl: bound };
});

/** Σ_v e^t·(t − s) of two rows, and its error: of each power, of both logits, their difference and the product; V terms' sum. */
function gapsError(s: Float64Array, t: Float64Array): { sum: number; error: number } {
  const gaps = new Sum();
  let error = 0;
  for (let v = 0; v < t.length; v++) {
    if (t[v] === -Infinity) continue;
    const power = Math.exp(t[v]);
    const gap = Math.abs(t[v] - s[v]);
    const most = gap + UNIT * (gap + (SOFTENED + 1) * (Math.abs(t[v]) + Math.abs(s[v])));
    gaps.add(power * (t[v] - s[v]));
    error += 2 * TINY * (1 + gap); // powers and products that are flushed, or held at the smallest normal number
    if (power > 0) error += power * most * (1 + powerError(-t[v], SOFTENED)) * (1 + UNIT) - power * gap;
  }
  const wrong = 1 + error / Math.max(gaps.absolutes, TINY); // terms that are wrong by so much are summed
  return { sum: gaps.value, error: error + wrong * gaps.error({ term: 0 }) };
}

/** The cosine's and a difference; neither the distance nor its error can be more than two. */
export const cosineDistance = defineBound(cosineDistanceOp, ({ a, b, offsets }, { y }) => {
  const bound = new Float64Array(y.data.length);
  for (let m = 0; m < liveRows(offsets, a.shape[0]); m++) {
    const { cosineError: error } = angleErrors(a, b, m);
    bound[m] = Math.min(2, error + UNIT * (Math.abs(y.data[m]) + error) + TINY);
  }
  return { y: bound };
});

/**
 * Largest float32 errors of what {@link angle} tells: of inverse norms relative. Rows are scaled to greatest elements of
 * about 1; a value far below these, or below the smallest normal number before, may be flushed to zero.
 */
export function angleErrors(a: RefTensor, b: RefTensor, m: number) {
  const D = a.shape[1];
  const { cosine, overA, overB } = angle(a, b, m);
  const [errorA, errorB] = [inverseNormError(overA, a, m), inverseNormError(overB, b, m)];
  const products = sumOf(D, (d) => a.data[m * D + d] * b.data[m * D + d]);
  let flushed = 0;
  for (let d = 0; d < D; d++) flushed += TINY * (Math.abs(a.data[m * D + d]) + Math.abs(b.data[m * D + d]));
  const dot = Math.abs(products.value) + products.error() + flushed;
  const scales = overA * overB === 0 ? 0 : overA * (1 + errorA) * overB * (1 + errorB);
  const cosineError = (dot * scales + (D + 1) * TINY) * (1 + UNIT) ** 2 - Math.abs(cosine); // two products
  return { errorA, errorB, cosineError: scales === 0 ? 0 : cosineError };
}

/** Relative error of 1/√q, q a sum of D squares: halved by the root, between the least and the greatest q this allows. */
function inverseNormError(inverse: number, x: RefTensor, m: number): number {
  if (inverse === 0) return 0;
  const D = x.shape[1];
  const squares = sumOf(D, (d) => (x.data[m * D + d] * inverse) ** 2);
  const relative = squares.error() + (D + 1) * TINY + 2 * Math.sqrt(D) * TINY * inverse;
  const root = Math.max(1 / Math.sqrt(Math.max(0, 1 - relative)) - 1, 1 - 1 / Math.sqrt(1 + relative));
  return root + (INVERSE_SQRT_ERROR + DIVISION_ERROR) * (1 + root); // of inverseSqrt, or of 1/√q
}
