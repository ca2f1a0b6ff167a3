/**
 * Derivatives of the activations' scalar functions, in double precision.
 *
 * @module
 */
import { normalCdf, sigmoid } from "./math.ts";

/** σ′(x) = σ(x)·σ(−x), without cancellation where σ is nearly one. */
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

/** φ(x) = e^(−x²/2) / √(2π), the density of the standard normal distribution. */
export function normalDensity(x: number): number {
  return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}
