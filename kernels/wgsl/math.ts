/**
 * WGSL functions that are safe for any finite f32: no step overflows, and e^x is never asked for below
 * x = −87.2, where it is about the smallest normal number. Functions that saturate return a NaN unchanged, by its bits.
 * `reference/accuracy` has their error bounds.
 *
 * @module
 */

/** WGSL: `sigmoid(x)` = 1 / (1 + e^(−x)), small relative error on both sides. */
export const sigmoidWgsl: string = /* wgsl */ `
fn sigmoid(x: f32) -> f32 {
  let e = exp(max(-abs(x), -87.2));
  let y = select(e, 1.0, x >= 0.0) / (1.0 + e);
  return select(y, x, (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u);
}`;

/** WGSL: `silu(x)` = x·sigmoid(x). */
export const siluWgsl: string = /* wgsl */ `
fn silu(x: f32) -> f32 {
  let e = exp(max(-abs(x), -87.2));
  return select(x * e, x, x >= 0.0) / (1.0 + e);
}`;

/** WGSL: `tanhSafe(x)`; the built-in one may be wrong by 1e-5 and may overflow. */
export const tanhWgsl: string = /* wgsl */ `
fn tanhSafe(x: f32) -> f32 {
  let e = exp(max(-2.0 * abs(x), -87.2));
  let y = select(-1.0, 1.0, x >= 0.0) * ((1.0 - e) / (1.0 + e));
  return select(y, x, (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u);
}`;

/** WGSL: `softplus(x)` = log(1 + e^x). */
export const softplusWgsl: string = /* wgsl */ `
fn softplus(x: f32) -> f32 { return max(x, 0.0) + log(1.0 + exp(max(-abs(x), -87.2))); }`;

/**
 * WGSL: `gelu(x)` = x·Φ(x), exact up to rounding.
 *
 * The upper tail is Q(a) = e^(−a²/2)·R(a). R(a) = t·P(t), t = 1/(1 + a/4), with P the polynomial of degree nine that has
 * the least relative error on 0 ≤ a ≤ 13.2 (weighted least squares, Lawson's iteration): at most 1.3e-8 with these
 * coefficients. Beyond 13.2, Q is below the smallest normal number.
 */
export const geluWgsl: string = /* wgsl */ `
fn normalTail(a: f32) -> f32 {
  let b = min(a, 13.2);
  let t = 1.0 / (1.0 + 0.25 * b);
  var p = 0.016012635082006454;
  p = p * t - 0.059609003365039825;
  p = p * t + 0.04388783872127533;
  p = p * t + 0.039219263941049576;
  p = p * t + 0.003330604173243046;
  p = p * t + 0.09194977581501007;
  p = p * t + 0.07006587833166122;
  p = p * t + 0.09595607966184616;
  p = p * t + 0.09943588823080063;
  p = p * t + 0.09975104033946991;
  return exp(-0.5 * b * b) * (p * t);
}
fn gelu(x: f32) -> f32 {
  let tail = normalTail(abs(x));
  return x * select(tail, 1.0 - tail, x >= 0.0);
}`;

/**
 * WGSL: `powerOfTwo(top)`, the power of two that brings the size of a number to 1 … 2 exactly, or near it at the ends of
 * float32: with it, squares of all numbers up to `top` neither overflow nor vanish together.
 */
export const powerOfTwoWgsl: string = /* wgsl */ `
fn powerOfTwo(top: f32) -> f32 {
  let exponent = i32((bitcast<u32>(top) >> 23u) & 0xffu);
  return bitcast<f32>(u32(clamp(254 - exponent, 1, 253)) << 23u);
}`;
