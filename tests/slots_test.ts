/** Slots of an engine: equivalence, worked examples, and what makes a queue fair and caches safe. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor } from "../src/op/device.ts";
import { kvSlots, kvSlotsOp, type KvSlotsParams, rngCounters, rngCountersOp, rowsBefore } from "../src/ops/slots.ts";
import { schedule, scheduleOp, type ScheduleParams, SLOT, STAGE } from "../src/ops/slots.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/slots.ts";
import { equivalence } from "./support/equivalence.ts";
import { type SlotColumns, slotTable } from "./support/slots.ts";

equivalence(scheduleOp, cases.schedule);
equivalence(kvSlotsOp, cases.kvSlots);
equivalence(rngCountersOp, cases.rngCounters);

const device = new ReferenceDevice();
const on = (data: ArrayLike<number>, shape?: number[]) => device.from(hostIndices(data, shape));

/** A table of slots, on the device. */
const table = (N: number, slots: readonly SlotColumns[]) => device.from(slotTable(N, slots));

/** The slots that the schedule selects. */
function chosen({ inputs: { slots }, params }: { inputs: { slots: HostTensor }; params: ScheduleParams }) {
  const { rows, kept } = schedule(device, on(slots.data, [...slots.shape]), params);
  assertEquals(kept.data[0], 0);
  return [...rows.data.subarray(0, kept.data[1])];
}

Deno.test("schedule: first in, first out, also where the clock wraps round; equals by number; the list ascends", () => {
  const now = [-2147483648, 2147483647, 2147483646, 3, 2147483646];
  const slots = table(1, now.map((since, s) => ({ since, stage: s === 3 ? STAGE.left : STAGE.block })));
  const of = (maxBatch: number, stage: number = STAGE.block, exitBatch = 0) =>
    chosen({ inputs: { slots: slots as HostTensor }, params: { stage, maxBatch, exitBatch } });
  assertEquals([of(0), of(1), of(2), of(3), of(9)], [[], [2], [2, 4], [1, 2, 4], [0, 1, 2, 4]]);
  assertEquals([of(5, STAGE.left), of(5, STAGE.left, 4), of(5, STAGE.left, 5)], [[3], [], [3]]);
});

Deno.test("schedule: selects min(maxBatch, waiting) distinct slots of the stage, longest wait first", () => {
  fc.assert(fc.property(cases.schedule, ({ inputs, params }) => {
    const [S, columns] = inputs.slots.shape;
    const column = (s: number, c: number) => inputs.slots.data[s * columns + c];
    const at = (stage: number) => Array.from({ length: S }, (_, s) => s).filter((s) => column(s, SLOT.stage) === stage);
    const listed = chosen({ inputs, params });
    const waiting = at(params.stage);
    assert(listed.every((s, m) => waiting.includes(s) && (m === 0 || listed[m - 1] < s)));
    const closed = params.exitBatch > 0 && at(STAGE.block).length >= params.exitBatch;
    assertEquals(listed.length, closed ? 0 : Math.min(params.maxBatch, waiting.length));
    const left = closed ? [] : waiting.filter((s) => !listed.includes(s));
    for (const [a, b] of listed.flatMap((a) => left.map((b) => [a, b]))) {
      const later = (column(a, SLOT.since) - column(b, SLOT.since)) | 0;
      assert(later < 0 || (later === 0 && a < b), `${a} was chosen, ${b} not`);
    }
  }));
});

const slots = table(2, [
  { stage: STAGE.block, depth: 1, length: 3, seed: 7, pages: 2, rows: [5, 3] },
  { stage: STAGE.block, depth: 0, length: 9, seed: -8, firstPage: 2, pages: 1, rows: [3, 0] },
  { stage: STAGE.idle, length: 4, firstPage: 3, pages: 3 },
]);
const layout = { pages: 8, pageRows: 6, recursionRows: [4, 2], share: false };
const placed = (inputs: { rows?: RefTensor; offsets: RefTensor }, params: KvSlotsParams) => {
  const { positions, kvSlots: kvRows, ranges } = kvSlots(device, { slots, ...inputs }, params);
  return [[...positions.data], [...kvRows.data], [...ranges.data]];
};

Deno.test("kvSlots: one row of each listed slot, in the cache of its next recursion", () => {
  const list = { rows: on([1, 0, 2, 0]), offsets: on([0, 3]) };
  const own = { layout, at: "own", M: 4 } as const;
  // Recursion 1 starts at 8·4 = 32. Slot 1 starts at 2·4 and is full with its fourth row; slot 2 is idle.
  assertEquals(placed(list, own), [[9, 3, 4, 0], [11, 35, -1, -1], [8, 12, 32, 36, 0, 0, 0, 0]]);
  const shared = { ...own, layout: { ...layout, share: true } };
  assertEquals(placed(list, shared).slice(1), [[11, -1, -1, -1], [8, 12, 0, 5, 0, 0, 0, 0]]);
});

Deno.test("kvSlots: rows of a prompt, of which one is beyond the slot's part", () => {
  const prompt = { offsets: on([0, 2, 2, 4]) };
  const outer = placed(prompt, { layout, at: "outer", M: 4 });
  assertEquals(outer, [[3, 4, 4, 5], [3, 4, 22, 23], [0, 4, 0, 5, 18, 23, 18, 24]]);
  const [, kvRows, ranges] = placed(prompt, { layout, at: 1, M: 5 });
  assertEquals([kvRows, ranges], [[35, -1, 38, 39, -1], [32, 36, 0, 0, 38, 39, 38, 40, 0, 0]]);
});

Deno.test("kvSlots: indices are distinct and inside the recursion's cache, and ranges end after them", () => {
  fc.assert(fc.property(cases.kvSlots, fc.boolean(), ({ inputs: { slots, offsets }, params }, share) => {
    const { recursionRows } = params.layout;
    const [S, columns] = slots.shape;
    const layout = { ...params.layout, share, pages: 0 };
    const data = slots.data.slice();
    for (let s = 0; s < S; s++) { // parts one after the other
      data[s * columns + SLOT.firstPage] = layout.pages;
      layout.pages += data[s * columns + SLOT.pages];
    }
    const ends = offsets.shape[0] === S + 1 ? offsets.data : Int32Array.from({ length: S + 1 }, (_, s) => s);
    const M = ends[S];
    const taken = new Set<number>();
    for (const at of recursionRows.keys()) {
      const inputs = { slots: on(data, [S, columns]), offsets: on(ends) };
      const { kvSlots: kvRows, ranges } = kvSlots(device, inputs, { layout, at, M });
      kvRows.data.forEach((place, m) => {
        if (place < 0) return;
        assert(!taken.has(place) && rowsBefore(layout, at) <= place && place < rowsBefore(layout, at + 1));
        taken.add(place);
        assertEquals(ranges.data[2 * m + 1], place + 1);
      });
    }
  }));
});

Deno.test("rngCounters: the slot's seed, and the position of the next token", () => {
  const { seeds, counters } = rngCounters(device, { slots, rows: on([1, 0]), offsets: on([0, 2]) });
  assertEquals([[...seeds.data], [...counters.data]], [[-8, 7], [10, 4]]);
});
