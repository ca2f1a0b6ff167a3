/**
 * Binary search in an ascending list of rows.
 *
 * @module
 */

/** WGSL: `entryOf(m, live)`, the entry of the first `live` of `rows` that is row m, else `live`. */
export const entryOf: string = /* wgsl */ `
fn entryOf(m: u32, live: u32) -> u32 {
  var low = 0u;
  var high = live;
  while (low < high) {
    let middle = (low + high) / 2;
    if (u32(rows[middle]) < m) { low = middle + 1; } else { high = middle; }
  }
  if (low < live && u32(rows[low]) == m) { return low; }
  return live;
}`;

/** WGSL: {@link entryOf} where there is no list: every live row is its own entry. */
export const ownEntry: string = "fn entryOf(m: u32, live: u32) -> u32 { return min(m, live); }";
