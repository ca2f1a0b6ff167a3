// The two 16-bit floats of checkpoints. Decoding is exact; encoding rounds to nearest, ties to even.
// Both work on bit patterns, a whole array at a time.

let table: Uint32Array | undefined; // the float32 pattern of every binary16 pattern, 256 KiB, built on first use

/**
 * Decodes IEEE binary16 bit patterns [n] to float32 [n]; exact, NaN payloads kept.
 *
 * ```ts
 * f16ToF32(new Uint16Array([0x3c00])); // Float32Array [1]
 * ```
 */
export function f16ToF32(bits: Uint16Array, out: Float32Array = new Float32Array(bits.length)): Float32Array {
  table ??= Uint32Array.from({ length: 65536 }, (_, half) => patternOf(half));
  const word = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) word[i] = table[bits[i]];
  return out;
}

/** Exponents move from bias 15 to bias 127; subnormals, which are multiples of 2^-24, become normal. */
function patternOf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = half >> 10 & 0x1f;
  const mantissa = (half & 0x3ff) << 13;
  if (exponent === 31) return sign | 0x7f800000 | mantissa;
  if (exponent > 0) return sign | exponent + 112 << 23 | mantissa;
  return sign | new Uint32Array(Float32Array.of((half & 0x3ff) * 2 ** -24).buffer)[0];
}

/**
 * Encodes float32 [n] as IEEE binary16 bit patterns [n], rounding to nearest even; 65520 and above become infinity.
 *
 * ```ts
 * f32ToF16(new Float32Array([1, 65520])); // Uint16Array [0x3c00, 0x7c00]
 * ```
 */
export function f32ToF16(values: Float32Array, out: Uint16Array = new Uint16Array(values.length)): Uint16Array {
  const word = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const sign = word[i] >>> 16 & 0x8000;
    const magnitude = word[i] & 0x7fffffff;
    out[i] = sign | halfOfMagnitude(magnitude, values[i]);
  }
  return out;
}

function halfOfMagnitude(magnitude: number, value: number): number {
  if (magnitude > 0x7f800000) return 0x7e00 | magnitude >>> 13 & 0x1ff; // NaN, made quiet
  if (magnitude >= 0x47800000) return 0x7c00; // 65536 and above
  // Below 2^-14 halves are multiples of 2^-24; adding 2^52 leaves no fraction bits, so the addition rounds to even.
  if (magnitude < 0x38800000) return Math.abs(value) * 2 ** 24 + 2 ** 52 - 2 ** 52;
  const odd = magnitude >>> 13 & 1;
  return magnitude - 0x38000000 + 0xfff + odd >>> 13; // a carry out of the mantissa raises the exponent, up to infinity
}

/**
 * Decodes bfloat16 bit patterns [n] to float32 [n]: the upper half of the float32 pattern; exact.
 *
 * ```ts
 * bf16ToF32(new Uint16Array([0x3f80])); // Float32Array [1]
 * ```
 */
export function bf16ToF32(bits: Uint16Array, out: Float32Array = new Float32Array(bits.length)): Float32Array {
  const word = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) word[i] = bits[i] << 16;
  return out;
}

/**
 * Encodes float32 [n] as bfloat16 bit patterns [n], rounding to nearest even; NaN stays NaN.
 *
 * ```ts
 * f32ToBf16(new Float32Array([1])); // Uint16Array [0x3f80]
 * ```
 */
export function f32ToBf16(values: Float32Array, out: Uint16Array = new Uint16Array(values.length)): Uint16Array {
  const word = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const bits = word[i];
    const isNaN = (bits & 0x7fffffff) > 0x7f800000;
    out[i] = isNaN ? bits >>> 16 | 0x40 : bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
  }
  return out;
}
