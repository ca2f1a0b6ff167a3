import { normOp, type NormParams } from "../../src/ops/norm.ts";
import { centered, moments } from "../norm.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { DIVISION_ERROR, INVERSE_SQRT_ERROR, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { sumOf } from "./sums.ts";

/** For a mean, then a mean of squared deviations from it: E[x²] − mean² would lose more. */
export const norm = defineBound(normOp, ({ x, weight, offsets }, { y }, { kind, eps }) => {
  const [M, D] = y.shape;
  const bound = new Float64Array(M * D);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const { errors } = normalized(x, m, { kind, eps });
    for (let d = 0; d < D; d++) {
      bound[m * D + d] = Math.abs(weight.data[d]) * errors[d] + UNIT * Math.abs(y.data[m * D + d]) + TINY;
    }
  }
  return { y: bound };
});

/** Row m before the weight: x̂ = (x − mean)·scale, scale = 1 / √(variance + ε), and the largest float32 error of each. */
export function normalized(x: RefTensor, m: number, { kind, eps }: NormParams): NormalizedRow {
  const D = x.shape[1];
  const { mean, variance } = moments(x, m, kind);
  const scale = 1 / Math.sqrt(variance + eps);
  const meanError = centered[kind] ? boundOfMean(x, m) : 0;
  const squares = sumOf(D, (d) => (x.data[m * D + d] - mean) ** 2).error({ term: 3 });
  const scaleError = boundOfScale({ variance, error: squares / D, shift: meanError ** 2 * (1 + (D + 8) * UNIT), eps });
  const values = Float64Array.from({ length: D }, (_, d) => (x.data[m * D + d] - mean) * scale);
  const errors = values.map((value, d) => {
    const difference = Math.abs(x.data[m * D + d] - mean);
    const error = meanError + UNIT * (difference + meanError);
    return (difference + error) * (scale + scaleError) * (1 + UNIT) - Math.abs(value) + TINY;
  });
  return { values, errors, meanError, scale, scaleError };
}

/** A normalized row, see {@link normalized}. */
export interface NormalizedRow {
  readonly values: Float64Array;
  readonly errors: Float64Array;
  readonly meanError: number;
  readonly scale: number;
  readonly scaleError: number;
}

/** Error of the mean of row m: a sum of D terms and a division. */
function boundOfMean({ data, shape: [, D] }: RefTensor, m: number): number {
  const sum = sumOf(D, (d) => data[m * D + d]);
  const error = sum.error({ term: 0 });
  return (error + DIVISION_ERROR * (Math.abs(sum.value) + error)) / D + TINY;
}

/**
 * Error of 1/√(v + ε) where the mean of squares v is wrong by `error`, and by up to `shift` too great as deviations from a
 * wrong mean are; then a division, the sum with ε and its rounding to float32. Between the least and the greatest v this
 * allows, the root is monotone.
 */
function boundOfScale({ variance, error, shift, eps }: Record<"variance" | "error" | "shift" | "eps", number>): number {
  const relative = 2 * UNIT + DIVISION_ERROR;
  const least = (variance + eps) * (1 - relative) - error - TINY;
  const greatest = (variance + shift + eps) * (1 + relative) + error + TINY;
  const scale = 1 / Math.sqrt(variance + eps);
  const wrong = Math.max(1 / Math.sqrt(least) - scale, scale - 1 / Math.sqrt(greatest));
  return wrong + INVERSE_SQRT_ERROR * (scale + wrong);
}
