import { type KvLayout, kvSlotsOp, rngCountersOp, rowsBefore, scheduleOp, SLOT, STAGE } from "../src/ops/slots.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** A row of the table, by column. */
const columns = (slots: RefTensor, s: number) => slots.data.subarray(s * slots.shape[1], (s + 1) * slots.shape[1]);

/** chosen(s) = [stage(s) = stage] · [fewer than W others of the stage came before s, or at once with s and are lower]. */
export const schedule = defineReference(scheduleOp, ({ slots }, { rows, kept }, { stage, maxBatch, exitBatch }) => {
  const every = Array.from({ length: slots.shape[0] }, (_, s) => s);
  const at = (stage: number) => every.filter((s) => columns(slots, s)[SLOT.stage] === stage);
  if (exitBatch > 0 && at(STAGE.block).length >= exitBatch) return;
  const later = (a: number, b: number) => (columns(slots, a)[SLOT.since] - columns(slots, b)[SLOT.since]) | 0;
  const chosen = at(stage).sort((a, b) => later(a, b) || a - b).slice(0, maxBatch).sort((a, b) => a - b);
  chosen.forEach((s, m) => rows.data[m] = s);
  kept.data[1] = chosen.length;
});

/** A slot's part of a cache: its first row, how many it has room for, and how many are cached. */
function partOf(slot: RefTensor["data"], layout: KvLayout, r: "outer" | number) {
  const [firstPage, pages] = [slot[SLOT.firstPage], slot[SLOT.pages]];
  const pageRows = r === "outer" ? layout.pageRows : layout.recursionRows[r];
  const first = (r === "outer" ? 0 : rowsBefore(layout, r)) + firstPage * pageRows;
  return { first, room: pages * pageRows, cached: slot[r === "outer" ? SLOT.length : SLOT.rows + r] };
}

/** Cache row (-1 where keys are shared) and key range of the i-th new row of a slot; undefined beyond the slot's rows. */
function placeOf(slot: RefTensor["data"], layout: KvLayout, at: "outer" | "own" | number, i: number) {
  const r = at === "own" ? slot[SLOT.depth] : at;
  if (r !== "outer" && r >= layout.recursionRows.length) return undefined;
  if (layout.share && r !== "outer" && r > 0) {
    const { first, cached } = partOf(slot, layout, 0);
    return { place: -1, first, end: first + cached };
  }
  const { first, room, cached } = partOf(slot, layout, r);
  const place = first + cached + i;
  return cached + i < room ? { place, first, end: place + 1 } : undefined;
}

/** kvSlots[m] = first + n + i, ranges[m] = [first, first + n + i + 1) for the i-th new row of a slot with n rows cached. */
export const kvSlots = defineReference(
  kvSlotsOp,
  ({ slots, rows, offsets }, { positions, kvSlots, ranges }, { layout, at, M }) => {
    kvSlots.data.fill(-1);
    const put = (m: number, s: number, i: number) => {
      const slot = columns(slots, s);
      positions.data[m] = slot[SLOT.length] + i;
      const found = rows && slot[SLOT.stage] === STAGE.idle ? undefined : placeOf(slot, layout, at, i);
      if (found) [kvSlots.data[m], ranges.data[2 * m], ranges.data[2 * m + 1]] = [found.place, found.first, found.end];
    };
    const live = liveRows(offsets, M);
    if (rows) { for (let m = 0; m < live; m++) put(m, rows.data[m], 0); }
    else {
      for (let s = 0; s < slots.shape[0]; s++) {
        for (let m = offsets.data[s]; m < Math.min(live, offsets.data[s + 1]); m++) put(m, s, m - offsets.data[s]);
      }
    }
  },
);

/** seeds[m] = seed, counters[m] = length + 1 of slot rows[m]. */
export const rngCounters = defineReference(rngCountersOp, ({ slots, rows, offsets }, { seeds, counters }) => {
  for (let m = 0; m < liveRows(offsets, rows.shape[0]); m++) {
    const slot = columns(slots, rows.data[m]);
    seeds.data[m] = slot[SLOT.seed];
    counters.data[m] = slot[SLOT.length] + 1;
  }
});
