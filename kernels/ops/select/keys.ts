/**
 * Parts of both selections: scores as integers in the same order, and a prefix sum over the lanes of a group.
 *
 * @module
 */

/** Lanes of a group, and bins of a histogram. */
export const LANES = 256;

/** The key of NaN, below that of every number. */
const NAN_KEY = 0;

/** A whole number for a float32, in the same order; both zeros have the same one. */
export function keyOf(value: number): number {
  if (Number.isNaN(value)) return NAN_KEY;
  const bits = new Uint32Array(Float32Array.of(value + 0).buffer)[0]; // −0 + 0 is +0
  return (bits >>> 31 ? ~bits : bits | 0x80000000) >>> 0;
}

/** WGSL: {@link keyOf} of the score of row r, whose bits are bound as u32; nothing is rounded or flushed. */
export const floatKey: string = /* wgsl */ `
fn key(r: u32) -> u32 {
  let bits = scores[r];
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return ${NAN_KEY}u; }
  if (magnitude == 0u) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, bits > 0x7fffffffu);
}`;

/** WGSL: the same for whole numbers. */
export const integerKey: string = /* wgsl */ `
fn key(r: u32) -> u32 { return scores[r] ^ 0x80000000u; }`;

/**
 * WGSL: `scan` replaces the cells of all lanes by their sums up to and including each lane; call in uniform flow. Sixteen
 * lanes add up sixteen cells each, then every lane adds the blocks before its own: barriers are few, since they are
 * slow on CPU adapters.
 */
export const scan: string = /* wgsl */ `
var<workgroup> cells: array<vec2<u32>, ${LANES}>;
fn scan(lane: u32) {
  workgroupBarrier();
  if (lane < 16u) {
    for (var i = 16u * lane + 1u; i < 16u * lane + 16u; i++) { cells[i] += cells[i - 1u]; }
  }
  workgroupBarrier();
  var before = vec2<u32>();
  for (var block = 0u; block < lane / 16u; block++) { before += cells[16u * block + 15u]; }
  workgroupBarrier();
  cells[lane] += before;
  workgroupBarrier();
}
fn sumBefore(lane: u32) -> vec2<u32> { return select(vec2<u32>(), cells[max(lane, 1u) - 1u], lane > 0u); }`;
