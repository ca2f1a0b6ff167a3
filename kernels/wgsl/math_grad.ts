/**
 * WGSL functions: derivatives of the activations, without overflow like those of `kernels/wgsl/math.ts`. A function
 * that takes more than a line is declared as well, so that kernels that need both import one string.
 * `reference/accuracy` has their error bounds.
 *
 * @module
 */
import { geluWgsl, sigmoidWgsl, siluWgsl, tanhWgsl } from "./math.ts";

const sigmoidGradOnly = /* wgsl */ `
fn sigmoidGrad(x: f32) -> f32 {
  let e = exp(max(-abs(x), -87.2));
  let d = 1.0 / (1.0 + e);
  return (e * d) * d;
}`;

/** WGSL: `sigmoid(x)` and `sigmoidGrad(x)` = σ(x)·σ(−x). */
export const sigmoidGradWgsl: string = sigmoidWgsl + sigmoidGradOnly;

/** WGSL: `tanhSafe(x)` and `tanhGrad(x)` = 1 − tanh²x = 4·σ′(2x). */
export const tanhGradWgsl: string = tanhWgsl + sigmoidGradOnly + /* wgsl */ `
fn tanhGrad(x: f32) -> f32 { return 4.0 * sigmoidGrad(2.0 * clamp(x, -88.0, 88.0)); }`;

/** WGSL: `silu(x)` and `siluGrad(x)` = σ(x)·(1 + x·σ(−x)). */
export const siluGradWgsl: string = siluWgsl + /* wgsl */ `
fn siluGrad(x: f32) -> f32 {
  let e = exp(max(-abs(x), -87.2));
  let large = 1.0 / (1.0 + e);
  let small = e * large;
  let right = x >= 0.0;
  return select(small, large, right) * (1.0 + clamp(x, -88.0, 88.0) * select(large, small, right));
}`;

/** WGSL: `gelu(x)` and `geluGrad(x)` = Φ(x) + x·φ(x). */
export const geluGradWgsl: string = geluWgsl + /* wgsl */ `
fn geluGrad(x: f32) -> f32 {
  let b = clamp(x, -13.2, 13.2);
  let tail = normalTail(abs(b));
  return select(tail, 1.0 - tail, x >= 0.0) + b * (0.3989422804014327 * exp(-0.5 * b * b));
}`;
