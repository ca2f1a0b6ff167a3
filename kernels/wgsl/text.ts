/** Repeats a piece of WGSL: loops are unrolled here, since no WGSL compiler does it. */
export function unroll(count: number, piece: (index: number) => string, separator = "\n"): string {
  return Array.from({ length: count }, (_, index) => piece(index)).join(separator);
}
