import { SLOT, STAGE } from "../../../src/ops/slots.ts";
import type { ScheduleParams } from "../../../src/ops/slots.ts";
import type { Call, Dispatch } from "../../host/kernel.ts";
import { lanesOf } from "../../host/adapter.ts";

/** WGSL: the slots of a stage, and the times at which they entered it, as keys relative to the time of one of them. */
const table = (stage: number) => /* wgsl */ `
fn stageOf(s: u32) -> i32 { return slots[s * COLUMNS + ${SLOT.stage}]; }
fn sinceOf(s: u32) -> i32 { return slots[s * COLUMNS + ${SLOT.since}]; }
fn waits(s: u32) -> bool { return stageOf(s) == ${stage}; }
fn key(s: u32, origin: i32) -> u32 { return u32(sinceOf(s) - origin) ^ 0x80000000u; }`;

/** WGSL: the number of waiting slots, one of them, and the number to choose; to be called in uniform control flow. */
const countWaiting = /* wgsl */ `
var<workgroup> waiting: atomic<u32>;
var<workgroup> blocked: atomic<u32>;
var<workgroup> last: atomic<u32>;
struct Waiting { total: u32, keep: u32, origin: i32 }
fn countWaiting(lane: u32) -> Waiting {
  var counts = vec2<u32>();
  for (var s = lane; s < sizes.S; s += LANES) {
    counts += vec2<u32>(u32(waits(s)), u32(stageOf(s) == ${STAGE.block}));
    if (waits(s)) { atomicMax(&last, s); }
  }
  atomicAdd(&waiting, counts.x);
  atomicAdd(&blocked, counts.y);
  workgroupBarrier();
  let total = atomicLoad(&waiting);
  let deferred = sizes.EXIT_BATCH > 0 && atomicLoad(&blocked) >= sizes.EXIT_BATCH;
  return Waiting(total, select(min(total, sizes.MAX_BATCH), 0, deferred), sinceOf(atomicLoad(&last)));
}`;

/**
 * WGSL: the least key that at least `keep` keys do not exceed, by bisection between minimum and maximum. The number
 * of rounds is fixed, so that barriers are in uniform control flow; once the key is found a round does nothing.
 */
const latest = /* wgsl */ `
var<workgroup> least: atomic<u32>; // its complement, so that zero is greater than any
var<workgroup> greatest: atomic<u32>;
var<workgroup> early: array<atomic<u32>, 32>;
fn latest(lane: u32, all: Waiting) -> u32 {
  for (var s = lane; s < sizes.S; s += LANES) {
    if (!waits(s)) { continue; }
    atomicMax(&least, ~key(s, all.origin));
    atomicMax(&greatest, key(s, all.origin));
  }
  workgroupBarrier();
  var high = atomicLoad(&greatest);
  var low = select(high, ~atomicLoad(&least), all.keep < all.total);
  for (var round = 0; round < 32; round++) {
    let middle = low + (high - low) / 2;
    var count = 0u;
    if (low < high) {
      for (var s = lane; s < sizes.S; s += LANES) { count += u32(waits(s)) & u32(key(s, all.origin) <= middle); }
      atomicAdd(&early[round], count);
    }
    workgroupBarrier();
    if (low < high && atomicLoad(&early[round]) >= all.keep) { high = middle; } else if (low < high) { low = middle + 1; }
  }
  return high;
}`;

/** One work group finds the latest key that is chosen; then each lane lists the chosen slots of its share, in order. */
export function schedule({ inputs, params, adapter }: Call<"slots", "rows" | "kept", ScheduleParams>): Dispatch {
  const [S, columns] = inputs.slots.shape;
  const lanes = lanesOf(adapter);
  return {
    label: "schedule",
    constants: { COLUMNS: columns },
    sizes: { S, MAX_BATCH: params.maxBatch, EXIT_BATCH: params.exitBatch },
    workgroups: [1, 1, 1],
    lanes,
    wgsl: /* wgsl */ `
const LANES = ${lanes}u;
${table(params.stage)}
${countWaiting}
${latest}
var<workgroup> cells: array<vec2<u32>, ${lanes}>;
fn run(group: u32, lane: u32) {
  let all = countWaiting(lane);
  let line = latest(lane, all);
  let share = (sizes.S + LANES - 1) / LANES;
  let start = lane * share;
  let end = min(start + share, sizes.S);
  var count = vec2<u32>(); // keys below the line, keys on it
  for (var s = start; s < end; s++) {
    let k = key(s, all.origin);
    if (waits(s)) { count += vec2<u32>(u32(k < line), u32(k == line)); }
  }
  cells[lane] = count;
  workgroupBarrier();
  var below = 0u;
  count = vec2<u32>();
  for (var other = 0u; other < LANES; other++) {
    below += cells[other].x;
    count += select(vec2<u32>(), cells[other], other < lane);
  }
  let ties = max(all.keep, below) - below;
  for (var s = start; s < end; s++) {
    let k = key(s, all.origin);
    if (!waits(s) || k > line) { continue; }
    let m = count.x + min(count.y, ties);
    if ((k < line || count.y < ties) && m < all.keep) { rows[m] = i32(s); }
    count += vec2<u32>(u32(k < line), u32(k == line));
  }
  if (lane == 0) {
    kept[0] = 0;
    kept[1] = i32(all.keep);
  }
}`,
  };
}
