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
