/**
 * Random numbers from counters, bit for bit those of `uniformAt` in src/common/random.ts; four neighbouring indices at once.
 *
 * @module
 */

/**
 * WGSL: `bitsAt(seed, salt, index)`, 24 random bits each; `uniformAt(seed, salt, index)`, those bits / 2²⁴, in [0, 1).
 * Whole numbers wrap modulo 2³².
 */
export const randomWgsl: string = /* wgsl */ `
fn mixed(bits: vec4<u32>) -> vec4<u32> { // lowbias32
  var x = bits;
  x = (x ^ (x >> vec4(16u))) * 0x7feb352du;
  x = (x ^ (x >> vec4(15u))) * 0x846ca68bu;
  return x ^ (x >> vec4(16u));
}
fn bitsAt(seed: i32, salt: u32, index: vec4<u32>) -> vec4<u32> {
  return mixed(index ^ mixed(vec4(salt) ^ mixed(vec4(bitcast<u32>(seed))))) >> vec4(8u);
}
fn uniformAt(seed: i32, salt: u32, index: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(bitsAt(seed, salt, index)) / 16777216.0;
}`;
