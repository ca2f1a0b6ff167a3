/**
 * Reproducible random numbers: the same seed gives the same weights everywhere.
 *
 * @module
 */

/** A stream of uniform numbers in [0, 1) from a 32-bit seed (splitmix-style counter and mixer). */
export function uniforms(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` normal numbers with standard deviation `scale` (Box–Muller). */
export function normals(seed: number, count: number, scale = 1): Float32Array {
  const uniform = uniforms(seed);
  return Float32Array.from(
    { length: count },
    () => scale * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

/** lowbias32, a 32-bit mixer (C. Wellons, "Prospecting for hash functions"). */
function mixed(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * The uniform number in [0, 1) that belongs to a counter: no state, so kernels draw it in any order and draw it again.
 *
 * u = ⌊mix(index ⊕ mix(salt ⊕ mix(seed))) / 2⁸⌋ / 2²⁴, exact in float32; all three are taken modulo 2³².
 */
export function uniformAt(seed: number, salt: number, index: number): number {
  return (mixed(index ^ mixed(salt ^ mixed(seed))) >>> 8) / 2 ** 24;
}
