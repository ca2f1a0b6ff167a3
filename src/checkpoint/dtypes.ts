// Element types of safetensors files: sizes and decoders.
import { bf16ToF32, f16ToF32 } from "./halves.ts";

/** Bytes per element of every element type that a header may name. */
export const BYTES_OF = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
  C64: 8,
} as const;

/** The name of an element type in a safetensors header. */
export type Dtype = keyof typeof BYTES_OF;

/** Writes the numbers in `bytes` (little-endian, any alignment) into `out`, which has one element per number. */
export type Decoder<Out> = (bytes: Uint8Array, out: Out) => void;

/** Decoders of the floating types to float32; F64 rounds to nearest even, the others are exact. */
export const TO_F32: Partial<Record<Dtype, Decoder<Float32Array>>> = {
  F32: (bytes, out) => new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes),
  F16: (bytes, out) => void f16ToF32(view(Uint16Array, bytes), out),
  BF16: (bytes, out) => void bf16ToF32(view(Uint16Array, bytes), out),
  F64: (bytes, out) => out.set(view(Float64Array, bytes)),
};

/** Decoders of the integer types to int32; I64 is checked value by value. */
export const TO_I32: Partial<Record<Dtype, Decoder<Int32Array>>> = {
  I32: (bytes, out) => out.set(view(Int32Array, bytes)),
  I16: (bytes, out) => out.set(view(Int16Array, bytes)),
  U16: (bytes, out) => out.set(view(Uint16Array, bytes)),
  I8: (bytes, out) => out.set(view(Int8Array, bytes)),
  U8: (bytes, out) => out.set(bytes),
  BOOL: (bytes, out) => out.set(bytes),
  I64: (bytes, out) => narrow(view(Int32Array, bytes), out),
};

/** Copies 64-bit integers, given as pairs of low and high words, into 32 bits; throws on a value that does not fit. */
function narrow(words: Int32Array, out: Int32Array): void {
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i], high = words[2 * i + 1];
    if (high !== low >> 31) {
      throw new Error(`${BigInt(high) << 32n | BigInt(low >>> 0)} does not fit in 32 bits`);
    }
    out[i] = low;
  }
}

interface ViewOf<View> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): View;
}

/** Views bytes as numbers; copies them first if they are not aligned. */
function view<View>(type: ViewOf<View>, bytes: Uint8Array): View {
  const size = type.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new type(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}
