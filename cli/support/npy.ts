/** NumPy's .npy format, version 1.0: magic, version, length of the header, a Python literal, then the numbers. */

/**
 * The header of a float32 array in C order, padded so that the numbers begin at a multiple of 64 bytes.
 *
 * ```ts
 * const header = npyHeader([2, 3]); // 128 bytes; 24 bytes of numbers follow
 * ```
 */
export function npyHeader(shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const literal = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  const fixed = 10;
  const total = Math.ceil((fixed + literal.length + 1) / 64) * 64;
  const text = literal.padEnd(total - fixed - 1) + "\n";
  const bytes = new Uint8Array(total);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  new DataView(bytes.buffer).setUint16(8, text.length, true);
  bytes.set(new TextEncoder().encode(text), fixed);
  return bytes;
}

/** The numbers as bytes, little-endian on every machine. */
export function npyNumbers(numbers: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * numbers.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < numbers.length; i++) view.setFloat32(4 * i, numbers[i], true);
  return bytes;
}
