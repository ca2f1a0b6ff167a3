import { normOp, type NormParams } from "../../src/ops/norm.ts";
import { moments } from "../norm.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { DIVISION_ERROR, INVERSE_SQRT_ERROR, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";

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
  const meanError = kind === "layer" ? boundOfMean(x, m) : 0;
  const scaleError = boundOfScale(D, variance, meanError, eps);
  const values = Float64Array.from({ length: D }, (_, d) => (x.data[m * D + d] - mean) * scale);
  const errors = values.map((value, d) => {
    const centered = Math.abs(x.data[m * D + d] - mean);
    const error = meanError + UNIT * (centered + meanError); // of the difference from the mean
    return (centered + error) * (scale + scaleError) * (1 + UNIT) - Math.abs(value) + TINY;
  });
  return { values, errors, scale, scaleError };
}

/** What {@link normalized} tells of a row. */
interface NormalizedRow {
  readonly values: Float64Array;
  readonly errors: Float64Array;
  readonly scale: number;
  readonly scaleError: number;
}

/** Error of the mean of row m: a sum of D terms and a division, (D + 5)·u·mean |x|. */
function boundOfMean({ data, shape: [, D] }: RefTensor, m: number): number {
  let absolutes = 0;
  for (let d = 0; d < D; d++) absolutes += Math.abs(data[m * D + d]);
  return (D * UNIT + DIVISION_ERROR) * absolutes / D + TINY;
}

/**
 * Error of 1/√(v + ε), v a mean of D squares. Squares of deviations from a mean that is wrong by e have the mean v + e²;
 * each is rounded three times (difference, twice because squared, and product), their sum D − 1 times; then a division
 * and the sum with ε. Between the least and the greatest v this allows, the root is monotone.
 */
function boundOfScale(D: number, variance: number, meanError: number, eps: number): number {
  const relative = (3 + D - 1 + 1 + 1) * UNIT + DIVISION_ERROR; // the last 1: ε itself rounded to float32
  const least = (variance + eps) * (1 - relative) - TINY;
  const greatest = (variance + meanError ** 2 + eps) * (1 + relative) + TINY;
  const scale = 1 / Math.sqrt(variance + eps);
  const error = Math.max(1 / Math.sqrt(least) - scale, scale - 1 / Math.sqrt(greatest));
  return error + INVERSE_SQRT_ERROR * (scale + error);
}
