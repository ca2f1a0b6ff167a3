/**
 * Scalar functions of the activations, in double precision.
 *
 * @module
 */
import { erfc } from "./erf.ts";

/** The logistic function 1 / (1 + e^(−x)). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** x·sigmoid(x), also called swish. */
export function silu(x: number): number {
  return x * sigmoid(x);
}

/** Φ(x) = erfc(−x/√2) / 2, the standard normal distribution. */
export function normalCdf(x: number): number {
  return erfc(-x / Math.SQRT2) / 2;
}

/** The exact GELU x·Φ(x) (Hendrycks & Gimpel, arXiv 1606.08415). */
export function gelu(x: number): number {
  return x * normalCdf(x);
}

/** log(1 + e^x) without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
