/**
 * Float32 errors of the activations' scalar functions and of their derivatives.
 *
 * @module
 */
import type { ActivationKind, GatedKind } from "../../src/op/kinds.ts";
import { gelu, normalCdf, sigmoid, silu, softplus } from "../math.ts";
import { geluGrad, normalDensity, sigmoidGrad, siluGrad } from "../math_grad.ts";
import { DIVISION_ERROR, expError, TINY, UNIT } from "./bound.ts";

/** Largest |silu′|: 1.0998, at x = 2.3994. */
const SILU_SLOPE = 1.1;

/** Largest |gelu′|: 1.1289, at x = √2. */
const GELU_SLOPE = 1.13;

/** Error of `sigmoid(x)` = 1 / (1 + e^(−x)): that of e^(−|x|), where it matters, one addition and one division. */
export function sigmoidBound(x: number): number {
  const e = Math.exp(-Math.abs(x));
  const fromExp = expError(x) * e / (1 + e) ** 2; // |d sigmoid / de|·e = e / (1 + e)², on both sides
  return fromExp + (UNIT + DIVISION_ERROR) * sigmoid(x) + 2 * TINY;
}

/** Error of `silu(x)`: that of sigmoid, times |x|, and one multiplication. */
function siluBound(x: number): number {
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
function normalTailBound(x: number): number {
  const half = x * x / 2;
  const relative = (0.3 + 10.5 + 6 * 3.2 + half + 1) * UNIT + expError(half);
  return normalCdf(-Math.abs(x)) * relative + 2 * TINY;
}

/** Error of `gelu(x)` = x·Φ(x): that of the tail times |x|; then 1 − Q and the product with x. */
function geluBound(x: number): number {
  return Math.abs(x) * normalTailBound(x) + 2 * UNIT * Math.abs(gelu(x)) + TINY;
}

/** Largest |silu″|: 1/2, at 0. */
const SILU_CURVE = 0.5;

/** Largest |gelu″| = φ(x)·|2 − x²|: 0.7979, at 0. */
const GELU_CURVE = 0.8;

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
function siluGradBound(x: number): number {
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
function geluGradBound(x: number): number {
  const half = x * x / 2;
  const slope = Math.abs(x) * normalDensity(x);
  const relative = (half + 3) * UNIT + expError(half);
  const lost = (1 + Math.min(Math.abs(x), 13.2)) * TINY;
  return normalTailBound(x) + slope * relative + UNIT * (normalCdf(x) + Math.abs(geluGrad(x))) + lost;
}

/** Largest float32 error of each activation at x; `relu` selects and is exact, `square` is one product. */
export const activationErrors: Readonly<Record<ActivationKind, (x: number) => number>> = {
  gelu: geluBound,
  silu: siluBound,
  relu: () => TINY,
  tanh: tanhBound,
  sigmoid: sigmoidBound,
  square: (x) => UNIT * x * x + TINY,
};

/** Largest float32 error of each activation's derivative at x; those of `relu` and `square` are exact. */
export const derivativeErrors: Readonly<Record<ActivationKind, (x: number) => number>> = {
  gelu: geluGradBound,
  silu: siluGradBound,
  relu: () => 0,
  tanh: tanhGradBound,
  sigmoid: sigmoidGradBound,
  square: () => TINY,
};

/** Largest |act′| and |act″| of the activations of gated units. */
export const gateSlopes: Readonly<Record<GatedKind, { readonly slope: number; readonly curve: number }>> = {
  silu: { slope: SILU_SLOPE, curve: SILU_CURVE },
  gelu: { slope: GELU_SLOPE, curve: GELU_CURVE },
};
