/**
 * Derivatives of the activations' scalar functions, in double precision, and their largest errors in float32.
 *
 * @module
 */
import { expError, normalTailBound, sigmoidBound, TINY, UNIT } from "./bound.ts";
import { normalCdf, sigmoid } from "./math.ts";

/** σ′(x) = σ(x)·σ(−x), which loses nothing where σ is nearly one. */
export function sigmoidGrad(x: number): number {
  return sigmoid(x) * sigmoid(-x);
}

/** tanh′(x) = 1 − tanh²x = 4·σ′(2x). */
export function tanhGrad(x: number): number {
  return 4 * sigmoidGrad(2 * x);
}

/** silu′(x) = σ(x)·(1 + x·σ(−x)). */
export function siluGrad(x: number): number {
  return sigmoid(x) * (1 + x * sigmoid(-x));
}

/** gelu′(x) = Φ(x) + x·φ(x), φ the density of the standard normal distribution. */
export function geluGrad(x: number): number {
  return normalCdf(x) + x * normalDensity(x);
}

/** φ(x) = e^(−x²/2) / √(2π). */
function normalDensity(x: number): number {
  return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

/** Largest |silu″|: 1/2, at 0. */
export const SILU_CURVE = 0.5;

/** Largest |gelu″| = φ(x)·|2 − x²|: 0.7979, at 0. */
export const GELU_CURVE = 0.8;

/** Error of `sigmoidGrad(x)`: those of its two factors, each times the other, and one product. */
export function sigmoidGradBound(x: number): number {
  return sigmoidBound(x) * sigmoid(-x) + sigmoidBound(-x) * sigmoid(x) + UNIT * sigmoidGrad(x) + TINY;
}

/** Error of `tanhGrad(x)`: four times that of σ′; factors of two are exact. */
export function tanhGradBound(x: number): number {
  return 4 * sigmoidGradBound(2 * x);
}

/**
 * Error of `siluGrad(x)`: σ(−x)'s times |x|, one product and one sum make that of the second factor; then σ(x)'s and the
 * product of both. Beyond |x| = 88, where e^(−|x|) is not a normal number, a kernel may take x for ±88.
 */
export function siluGradBound(x: number): number {
  const a = Math.min(Math.max(x, -88), 88);
  const product = a * sigmoid(-x);
  const factor = Math.abs(1 + product);
  const factorError = Math.abs(a) * sigmoidBound(-x) + UNIT * (Math.abs(product) + factor);
  return sigmoid(x) * factorError + sigmoidBound(x) * (factor + factorError) + UNIT * Math.abs(siluGrad(x)) + TINY;
}

/**
 * Error of `geluGrad(x)`: that of the tail and of 1 − tail; of x·φ(x), relative, the rounding of x²/2, e^(−x²/2) itself,
 * the constant and two products; and one sum. Where φ is not a normal number, which is so beyond 13.2, all of x·φ may be
 * lost or kept: it is at most 13.2 times the smallest normal number.
 */
export function geluGradBound(x: number): number {
  const half = x * x / 2;
  const slope = Math.abs(x) * normalDensity(x);
  const relative = (half + 3) * UNIT + expError(half);
  const lost = (1 + Math.min(Math.abs(x), 13.2)) * TINY;
  return normalTailBound(x) + slope * relative + UNIT * (normalCdf(x) + Math.abs(geluGrad(x))) + lost;
}
