/**
 * Dispatches of more than 65,535 work groups, in two dimensions.
 *
 * @module
 */
import type { Workgroups } from "./kernel.ts";

const MOST = 65535;

/** Spreads `groups` over x and y; the body gets its group number, see {@link entryPoint}. */
export function grid(groups: number): Workgroups {
  const y = Math.ceil(groups / MOST);
  return [groups === 0 ? 0 : Math.ceil(groups / y), Math.max(1, y), 1];
}

/** WGSL: the entry point of a work group of `lanes` invocations, which numbers the groups of a {@link grid}. */
export function entryPoint(lanes: number | string): string {
  return /* wgsl */ `
@compute @workgroup_size(${lanes})
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  run(id.x + id.y * groups.x, lane);
}`;
}

/** WGSL: `liveRows()`, the number of rows to compute: `offsets[B]` if offsets are bound, else all. */
export function liveRows(offsets: { readonly shape: readonly number[] } | undefined): string {
  return offsets
    ? `fn liveRows() -> u32 { return min(sizes.M, u32(offsets[sizes.B])); }`
    : `fn liveRows() -> u32 { return sizes.M; }`;
}

/** The uniform sizes that {@link liveRows} reads: M, and B if offsets are bound. */
export function rowSizes(
  rows: number,
  offsets: { readonly shape: readonly number[] } | undefined,
): Record<string, number> {
  return offsets ? { M: rows, B: offsets.shape[0] - 1 } : { M: rows };
}

/** WGSL: `sequenceOf(m)`, the sequence of live row m: the last of `sizes.B` that starts at or before it, by bisection. */
export const sequenceOf: string = /* wgsl */ `
fn sequenceOf(m: u32) -> u32 {
  var low = 0u;
  var high = sizes.B;
  while (low + 1 < high) {
    let middle = (low + high) / 2;
    if (u32(offsets[middle]) <= m) { low = middle; } else { high = middle; }
  }
  return low;
}`;
