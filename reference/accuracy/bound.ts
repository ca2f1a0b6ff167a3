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
