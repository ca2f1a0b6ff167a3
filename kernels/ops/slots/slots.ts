/**
 * Slots of an engine: the schedule, and the cache rows of keys and values.
 *
 * @module
 */
import {
  kvSlotsOp,
  type KvSlotsParams,
  rngCountersOp,
  rowsBefore,
  scheduleOp,
  SLOT,
  STAGE,
} from "../../../src/ops/slots.ts";
import { grid, liveRows, rowSizes, sequenceOf } from "../../host/grid.ts";
import { defineKernel } from "../../host/kernel.ts";
import { schedule as choose } from "./schedule.ts";

const LANES = 64;

/** The slots with the longest waiting time. */
export const schedule = defineKernel(scheduleOp, (call) => [choose(call)]);

/** WGSL: cache row and key range of row m, the i-th new row of the slot whose columns start at `at`. */
function put({ layout, at }: KvSlotsParams): string {
  const outer = at === "outer";
  const rows = outer ? [layout.pageRows] : layout.recursionRows;
  const firsts = rows.map((_, r) => `i32(sizes.PAGES) * ${rowsBefore({ ...layout, pages: 1 }, r)}`);
  const column = outer ? SLOT.length : SLOT.rows;
  return /* wgsl */ `
const CACHES = ${rows.length};
fn put(m: u32, at: u32, i: i32) {
  let r = ${outer ? "0" : at === "own" ? `slots[at + ${SLOT.depth}]` : at};
  if (r >= CACHES) { return; }
  var firsts = array<i32, CACHES>(${firsts});
  var pageRows = array<i32, CACHES>(${rows});
  let cache = ${layout.share ? "0" : "r"};
  let first = firsts[cache] + slots[at + ${SLOT.firstPage}] * pageRows[cache];
  let cached = slots[at + ${column} + u32(cache)];
  if (cache != r) {
    ranges[m] = vec2<i32>(first, first + cached);
  } else if (cached + i < slots[at + ${SLOT.pages}] * pageRows[cache]) {
    kvSlots[m] = first + cached + i;
    ranges[m] = vec2<i32>(first, first + cached + i + 1);
  }
}`;
}

/** One invocation a row, which finds its slot in the list or by binary search. */
export const kvSlots = defineKernel(kvSlotsOp, ({ inputs: { slots, rows, offsets }, params }) => [{
  label: rows ? "kvSlots.list" : "kvSlots",
  constants: { COLUMNS: slots.shape[1] },
  sizes: { ...rowSizes(params.M, offsets), PAGES: params.layout.pages },
  elements: { ranges: "vec2<i32>" },
  workgroups: grid(Math.ceil(params.M / LANES)),
  lanes: LANES,
  wgsl: /* wgsl */ `
${liveRows(offsets)}
${rows ? "fn sequenceOf(m: u32) -> u32 { return u32(rows[m]); }" : sequenceOf}
${put(params)}
fn run(group: u32, lane: u32) {
  let m = group * ${LANES} + lane;
  if (m >= sizes.M) { return; }
  positions[m] = 0;
  kvSlots[m] = -1;
  ranges[m] = vec2<i32>();
  if (m >= liveRows()) { return; }
  let s = sequenceOf(m);
  let i = ${rows ? "0" : "i32(m) - offsets[s]"};
  positions[m] = slots[s * COLUMNS + ${SLOT.length}] + i;
  ${rows ? `if (slots[s * COLUMNS + ${SLOT.stage}] == ${STAGE.idle}) { return; }` : ""}
  put(m, s * COLUMNS, i);
}`,
}]);

/** One invocation a row. */
export const rngCounters = defineKernel(rngCountersOp, ({ inputs: { slots, rows, offsets } }) => [{
  label: "rngCounters",
  constants: { COLUMNS: slots.shape[1] },
  sizes: rowSizes(rows.shape[0], offsets),
  workgroups: grid(Math.ceil(rows.shape[0] / LANES)),
  lanes: LANES,
  wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let m = group * ${LANES} + lane;
  if (m >= liveRows()) { return; }
  let at = u32(rows[m]) * COLUMNS;
  seeds[m] = slots[at + ${SLOT.seed}];
  counters[m] = slots[at + ${SLOT.length}] + 1;
}`,
}]);
