/**
 * Floats as whole numbers in the same order, so that logits are compared exactly, subnormal ones too.
 *
 * @module
 */

/** Greatest key that is not above that of −∞. */
export const KEY_OF_MINUS_INFINITY = 0x007fffff;

/** WGSL: `keysOf(bits)`, whole numbers of type `keys` in the order of the floats that have these bits; both zeros are equal. */
export function keysOf(keys: "u32" | "vec4<u32>"): string {
  return /* wgsl */ `
fn keysOf(bits: ${keys}) -> ${keys} {
  let ordered = select(bits | ${keys}(0x80000000u), ~bits, bits > ${keys}(0x7fffffffu));
  return select(ordered, ${keys}(0x80000000u), (bits & ${keys}(0x7fffffffu)) == ${keys}());
}`;
}

/** WGSL: `floatOf(key)`, the float of a key; of the key of both zeros it is 0. */
export const floatOf: string = /* wgsl */ `
fn floatOf(key: u32) -> f32 { return bitcast<f32>(select(~key, key & 0x7fffffffu, key > 0x7fffffffu)); }`;
