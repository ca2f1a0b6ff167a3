/**
 * Error bounds of float32 arithmetic as WGSL guarantees it, in units of the last place.
 *
 * Source: WGSL, "Floating point accuracy"; Higham, "Accuracy and Stability of Numerical Algorithms", §3.1.
 *
 * @module
 */
import { gelu, normalCdf, sigmoid, silu, softplus } from "./math.ts";

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

/** Largest |sigmoid′|. */
export const SIGMOID_SLOPE = 0.25;

/** Largest |silu′|: 1.0998, at x = 2.3994. */
export const SILU_SLOPE = 1.1;

/** Largest |gelu′|: 1.1289, at x = √2. */
export const GELU_SLOPE = 1.13;

/** Error of `sigmoid(x)` = 1 / (1 + e^(−x)): that of e^(−|x|), where it matters, one addition and one division. */
export function sigmoidBound(x: number): number {
  const e = Math.exp(-Math.abs(x));
  const fromExp = expError(x) * e / (1 + e) ** 2; // |d sigmoid / de|·e = e / (1 + e)², on both sides
  return fromExp + (UNIT + DIVISION_ERROR) * sigmoid(x) + 2 * TINY;
}

/** Error of `silu(x)`: that of sigmoid, times |x|, and one multiplication. */
export function siluBound(x: number): number {
  return Math.abs(x) * sigmoidBound(x) + UNIT * Math.abs(silu(x)) + TINY;
}

/** Error of `tanh(x)` = (1 − e) / (1 + e), e = e^(−2|x|): |d tanh / de| = 2 / (1 + e)², two sums and one division. */
export function tanhBound(x: number): number {
  const e = Math.exp(-2 * Math.abs(x));
  return expError(2 * x) * e * 2 / (1 + e) ** 2 + (2 * UNIT + DIVISION_ERROR) * Math.abs(Math.tanh(x)) + 2 * TINY;
}

/** Error of `softplus(x)` = max(x, 0) + log(1 + e), e = e^(−|x|) ≤ 1: log's, its argument's, and one addition. */
export function softplusBound(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return 2 ** -21 + (expError(x) * e + UNIT * (1 + e)) / (1 + e) + UNIT * softplus(x) + 2 * TINY;
}

/**
 * Error of the normal distribution's tail Q(|x|) = e^(−x²/2)·R(|x|), relative and in units u: R's fit 0.3 and its
 * polynomial 10.5 (Σ (2k + 1)·|c_k| t^k, at most 9.5 times the value, and the factor t); its argument t, 6 (an addition and
 * a division) times the slope |d ln R / d ln t| ≤ 3.2; the rounding of x²/2; e^(−x²/2) itself; one product.
 */
export function normalTailBound(x: number): number {
  const half = x * x / 2;
  const relative = (0.3 + 10.5 + 6 * 3.2 + half + 1) * UNIT + expError(half);
  return normalCdf(-Math.abs(x)) * relative + 2 * TINY;
}

/** Error of `gelu(x)` = x·Φ(x): that of the tail times |x|; then 1 − Q and the product with x. */
export function geluBound(x: number): number {
  return Math.abs(x) * normalTailBound(x) + 2 * UNIT * Math.abs(gelu(x)) + TINY;
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
