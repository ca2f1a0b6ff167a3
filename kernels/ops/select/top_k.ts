import { grid } from "../../host/grid.ts";
import type { Call, Dispatch } from "../../host/kernel.ts";
import { floatKey, LANES, scan } from "./keys.ts";

type TopKCall = Call<"scores" | "offsets" | "capacity", "rows" | "kept", { readonly limit: number }>;

/** WGSL: the rows of sequence b, and how many it keeps. */
const ranges = /* wgsl */ `
fn rangeOf(b: u32) -> vec2<u32> {
  return min(vec2<u32>(sizes.M), vec2<u32>(u32(offsets[b]), u32(offsets[b + 1])));
}
fn keepOf(b: u32) -> u32 {
  let range = rangeOf(b);
  return min(u32(max(capacity[b], 0)), range.y - range.x);
}`;

/**
 * WGSL: radix selection. Four times eight bits: count the keys that agree so far by their next eight bits, from the highest
 * down, and continue in the bin that holds the `remaining`-th. Returns the lowest key kept, and how many of its rows.
 */
const radixSelect = /* wgsl */ `
var<workgroup> histogram: array<atomic<u32>, ${LANES}>;
var<workgroup> bin: vec2<u32>;
fn lowestKept(range: vec2<u32>, keep: u32, lane: u32) -> vec2<u32> {
  var prefix = 0u;
  var remaining = keep;
  for (var digit = 0u; digit < 4u; digit++) {
    let shift = 24u - 8u * digit;
    let known = 0xffffff00u << shift;
    atomicStore(&histogram[lane], 0u);
    workgroupBarrier();
    for (var r = range.x + lane; r < range.y; r += ${LANES}u) {
      let k = key(r);
      if (((k ^ prefix) & known) == 0u) { atomicAdd(&histogram[255u - ((k >> shift) & 255u)], 1u); }
    }
    workgroupBarrier();
    cells[lane] = vec2<u32>(atomicLoad(&histogram[lane]), 0u);
    scan(lane);
    let before = sumBefore(lane).x;
    if (before < remaining && remaining <= cells[lane].x) { bin = vec2<u32>(255u - lane, before); }
    workgroupBarrier();
    prefix |= bin.x << shift;
    remaining -= bin.y;
  }
  return vec2<u32>(prefix, remaining);
}`;

/** One group a sequence: find the lowest key kept, then each lane lists the kept rows of its share, in order. */
export function topK({ inputs: { scores, offsets }, params: { limit } }: TopKCall): Dispatch {
  const B = offsets.shape[0] - 1;
  return {
    label: "selectTopK",
    sizes: { M: scores.shape[0], B, LIMIT: limit },
    elements: { scores: "u32" },
    workgroups: grid(Math.max(1, B)),
    lanes: LANES,
    wgsl: /* wgsl */ `
${floatKey}
${scan}
${ranges}
${radixSelect}
fn run(b: u32, lane: u32) {
  if (b == 0u && lane == 0u) { kept[0] = 0; }
  if (b >= sizes.B) { return; }
  let range = rangeOf(b);
  let keep = keepOf(b);
  var base = 0u;
  for (var before = 0u; before < b; before++) { base += keepOf(before); }
  if (lane == 0u) { kept[b + 1u] = i32(min(sizes.LIMIT, base + keep)); }

  let lowest = lowestKept(range, keep, lane);
  let share = (range.y - range.x + ${LANES - 1}u) / ${LANES}u;
  let start = range.x + lane * share;
  let end = min(start + share, range.y);
  var count = vec2<u32>(); // keys above the lowest kept, keys equal to it
  for (var r = start; r < end; r++) {
    let k = key(r);
    count += vec2<u32>(u32(k > lowest.x), u32(k == lowest.x));
  }
  cells[lane] = count;
  scan(lane);
  count = sumBefore(lane);
  for (var r = start; r < end; r++) {
    let k = key(r);
    let slot = count.x + min(count.y, lowest.y);
    let chosen = k > lowest.x || (k == lowest.x && count.y < lowest.y);
    if (chosen && slot < keep && base + slot < sizes.LIMIT) { rows[base + slot] = i32(r); }
    count += vec2<u32>(u32(k > lowest.x), u32(k == lowest.x));
  }
}`,
  };
}
