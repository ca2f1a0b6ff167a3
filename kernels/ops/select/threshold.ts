import { grid, liveRows } from "../../host/grid.ts";
import type { Call, Dispatch } from "../../host/kernel.ts";
import { floatKey, integerKey, keyOf, LANES, scan } from "./keys.ts";

type ThresholdCall = Call<"scores" | "offsets", "rows" | "kept", { readonly threshold: number }>;

/** Rows of a lane: 4096 of a group. */
const SHARE = 16;

/** The lowest key that is selected; undefined where none can be. */
function lowestKey(threshold: number, integers: boolean): number | undefined {
  if (integers) {
    const lowest = Math.max(-(2 ** 31), Math.ceil(threshold));
    return lowest < 2 ** 31 ? lowest + 2 ** 31 : undefined; // NaN is not below
  }
  if (Number.isNaN(threshold)) return undefined;
  const rounded = Math.fround(threshold);
  return keyOf(rounded) + (rounded < threshold ? 1 : 0); // of the lowest float32 that is not below the threshold
}

/**
 * Each group lists the selected rows among its 4096, and counts the selected rows before them: that takes less time than a
 * second dispatch, and needs no storage.
 */
export function threshold({ inputs: { scores, offsets }, params }: ThresholdCall): Dispatch {
  const [M] = scores.shape;
  const integers = scores.dtype === "i32";
  const lowest = lowestKey(params.threshold, integers);
  return {
    label: "selectThreshold",
    constants: { LOWEST: lowest ?? 0 },
    sizes: { M, B: offsets.shape[0] - 1 },
    elements: { scores: "u32" },
    workgroups: grid(Math.max(1, Math.ceil(M / (SHARE * LANES)))),
    lanes: LANES,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${integers ? integerKey : floatKey}
${scan}
fn selected(r: u32) -> u32 { return ${lowest === undefined ? "0u" : "u32(key(r) >= LOWEST)"}; }
fn run(group: u32, lane: u32) {
  let live = liveRows();
  let first = group * ${SHARE * LANES}u;
  var base = 0u;
  if (first > 0u) {
    for (var r = lane; r < min(first, live); r += ${LANES}u) { base += selected(r); }
    cells[lane] = vec2<u32>(base, 0u);
    scan(lane);
    base = cells[${LANES - 1}].x;
    workgroupBarrier();
  }
  let start = first + lane * ${SHARE}u;
  let end = min(start + ${SHARE}u, live);
  var count = 0u;
  for (var r = start; r < end; r++) { count += selected(r); }
  cells[lane] = vec2<u32>(count, 0u);
  scan(lane);
  var slot = base + sumBefore(lane).x;
  for (var r = start; r < end; r++) {
    if (selected(r) == 1u) {
      rows[slot] = i32(r);
      slot++;
    }
  }
  // sequences that start here, and in the last group the end of all
  for (var b = lane; b <= sizes.B; b += ${LANES}u) {
    let at = min(u32(offsets[b]), live);
    if (at < first || (at >= first + ${SHARE * LANES}u && first + ${SHARE * LANES}u < sizes.M)) { continue; }
    let owner = (at - first) / ${SHARE}u;
    var before = base + sumBefore(owner).x;
    for (var r = first + owner * ${SHARE}u; r < at; r++) { before += selected(r); }
    kept[b] = i32(before);
  }
}`,
  };
}
