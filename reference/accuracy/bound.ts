/**
 * Error bounds of float32 arithmetic as WGSL guarantees it, in units of the last place.
 *
 * Source: WGSL, "Floating point accuracy"; Higham, "Accuracy and Stability of Numerical Algorithms", §3.1.
 *
 * @module
 */

/** Unit roundoff of float32: half a unit in the last place, relative. */
export const UNIT = 2 ** -24;

/** Smallest normal float32; results below may be flushed to zero. */
export const TINY = 2 ** -126;

/** Bound on the rounding of a sum of `terms` products, in any order, with or without fma: (terms + 2)·u·Σ|terms|. */
export function sumBound(terms: number, sumOfAbsolutes: number): number {
  return (terms + 2) * UNIT * sumOfAbsolutes + TINY;
}

/** Relative error of WGSL's `exp(x)`: 3 + 2·|x| units in the last place (an ulp is at most 2 u, relative). */
export function expError(x: number): number {
  return (3 + 2 * Math.abs(x)) * 2 * UNIT;
}

/** Relative error of WGSL's division: 2.5 units in the last place. */
export const DIVISION_ERROR: number = 2.5 * 2 * UNIT;

/** Relative error of WGSL's `inverseSqrt`: 2 units in the last place. */
export const INVERSE_SQRT_ERROR: number = 2 * 2 * UNIT;

/** Relative error of WGSL's `sqrt`: it inherits from 1 / inverseSqrt. */
export const SQRT_ERROR: number = INVERSE_SQRT_ERROR + DIVISION_ERROR;

/** Error of WGSL's `log(x)`: 2⁻²¹ absolute for x in [0.5, 2], else 3 units in the last place. */
export function logBound(x: number): number {
  return 0.5 <= x && x <= 2 ? 2 ** -21 : 3 * 2 * UNIT * Math.abs(Math.log(x));
}

/**
 * Relative error of e^(−below), below ≥ 0 the rounded difference of two floats, or what else takes so many roundings; e^
 * keeps products of errors inside.
 */
export function powerError(below: number, roundings = 1): number {
  return Math.expm1(roundings * UNIT * below + expError(below));
}

/**
 * Σ_v e^(x_v − top), top the greatest x_v, and its relative error: each term has that of a difference and of e^x, the sum
 * V terms'.
 */
export function exponentialsError(
  x: ArrayLike<number>,
  top: number,
  roundings?: number,
): { sum: number; relative: number } {
  let sum = 0;
  let error = 0;
  for (let v = 0; v < x.length; v++) {
    const below = top - x[v];
    const term = Math.exp(-below);
    sum += term;
    error += 2 * TINY + (term > 0 ? term * powerError(below, roundings) : 0);
  }
  return { sum, relative: (error + sumBound(x.length, sum + error)) / sum };
}

/**
 * Error of log Σ_v e^(x_v − top): the sum's goes through the logarithm unchanged. The sum may be on either side of where
 * log's own error changes.
 */
export function logSumExpBound(x: ArrayLike<number>, top: number, roundings?: number): number {
  const { sum, relative } = exponentialsError(x, top, roundings);
  return relative / (1 - relative) + Math.max(logBound(sum * (1 - relative)), logBound(sum * (1 + relative)));
}
