// Finds the first NaN, infinity or overflow of a tensor, and describes its position.

import type { TensorEntry } from "./header.ts";
import { quote } from "./messages.ts";

/** The smallest magnitude that rounds to infinity in a 16-bit type. */
const INFINITE_FROM = { F16: 65520, BF16: 2 ** 128 - 2 ** 119 } as const;

/**
 * The index of the first NaN or infinity; −1 if all numbers are finite.
 *
 * ```ts
 * findInfinite(new Float32Array([1, NaN])); // 1
 * ```
 */
export function findInfinite(numbers: Float32Array): number {
  for (let i = 0; i < numbers.length; i++) if (!(Math.abs(numbers[i]) < Infinity)) return i;
  return -1;
}

/**
 * The index of the first finite number that overflows a 16-bit type; −1 without one.
 *
 * ```ts
 * findOverflow(new Float32Array([Infinity, 65519, 65520]), "F16"); // 2
 * ```
 */
export function findOverflow(numbers: Float32Array, dtype: keyof typeof INFINITE_FROM): number {
  const limit = INFINITE_FROM[dtype];
  for (let i = 0; i < numbers.length; i++) {
    const magnitude = Math.abs(numbers[i]);
    if (magnitude >= limit && magnitude < Infinity) return i;
  }
  return -1;
}

/**
 * A number and its position in a tensor, for messages.
 *
 * ```ts
 * describePlace(new Float32Array([1, NaN]), 1, [2, 1]); // "NaN at index 1 ([1, 0] of [2, 1])"
 * ```
 */
export function describePlace(numbers: Float32Array, index: number, shape: readonly number[]): string {
  const place: number[] = [];
  shape.reduceRight((rest, size) => (place.unshift(rest % size), Math.floor(rest / size)), index);
  return `${numbers[index]} at index ${index} ([${place.join(", ")}] of [${shape.join(", ")}])`;
}

/** Throws for a tensor with a NaN or an infinity, naming file, tensor, number and position. */
export function refuseInfinite({ file, name, dtype, shape }: TensorEntry, numbers: Float32Array): void {
  const index = findInfinite(numbers);
  if (index < 0) return;
  const rounded = dtype === "F64" ? ", as float32" : "";
  throw new Error(`Cannot load ${file}: ${quote(name)} has ${describePlace(numbers, index, shape)}${rounded}`);
}
