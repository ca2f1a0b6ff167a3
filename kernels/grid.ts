/**
 * Work groups beyond 65,535 go to a second dimension.
 *
 * @module
 */
import type { Workgroups } from "./kernel.ts";

const MOST = 65535;

/** Spreads `groups` over x and y; the body reads its number with {@link groupIndex}. */
export function grid(groups: number): Workgroups {
  const y = Math.ceil(groups / MOST);
  return [groups === 0 ? 0 : Math.ceil(groups / y), Math.max(1, y), 1];
}

/** WGSL: the number of this group in a {@link grid}, from `workgroup_id` and `num_workgroups`. */
export const groupIndex = /* wgsl */ `
fn groupIndex(id: vec3<u32>, groups: vec3<u32>) -> u32 {
  return id.x + id.y * groups.x;
}`;

/** WGSL: `liveRows()`, the number of rows to compute; `offsets[B]` where offsets are bound, else all. */
export function liveRows(offsets: { readonly shape: readonly number[] } | undefined): string {
  return offsets
    ? `fn liveRows() -> u32 { return min(sizes.M, u32(offsets[sizes.B])); }`
    : `fn liveRows() -> u32 { return sizes.M; }`;
}

/** The uniform sizes that {@link liveRows} reads: M, and B where offsets are bound. */
export function rowSizes(
  rows: number,
  offsets: { readonly shape: readonly number[] } | undefined,
): Record<string, number> {
  return offsets ? { M: rows, B: offsets.shape[0] - 1 } : { M: rows };
}
