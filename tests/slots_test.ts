/** Slots of an engine: equivalence, worked examples, and what makes a queue fair and caches safe. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor } from "../src/op/device.ts";
import { draws, drawsOp, type PlaceParams, placeRows, placeRowsOp, rowsBefore } from "../src/ops/slots.ts";
import { queue, queueOp, type QueueParams, SLOT, STAGE } from "../src/ops/slots.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/slots.ts";
import { equivalence } from "./support/equivalence.ts";
import { type SlotColumns, slotTable } from "./support/slots.ts";

equivalence(queueOp, cases.queue);
equivalence(placeRowsOp, cases.placeRows);
equivalence(drawsOp, cases.draws);

const device = new ReferenceDevice();
const on = (data: ArrayLike<number>, shape?: number[]) => device.from(hostIndices(data, shape));

/** A table of slots, on the device. */
const table = (N: number, slots: readonly SlotColumns[]) => device.from(slotTable(N, slots));

/** The slots that are chosen. */
function chosen({ inputs: { slots }, params }: { inputs: { slots: HostTensor }; params: QueueParams }) {
  const { rows, kept } = queue(device, on(slots.data, [...slots.shape]), params);
  assertEquals(kept.data[0], 0);
  return [...rows.data.subarray(0, kept.data[1])];
}

Deno.test("queue: first in, first out, also where the clock wraps round; equals by number; the list ascends", () => {
  const now = [-2147483648, 2147483647, 2147483646, 3, 2147483646];
  const slots = table(1, now.map((since, s) => ({ since, stage: s === 3 ? STAGE.left : STAGE.block })));
  const of = (width: number, stage: number = STAGE.block, patience = 0) =>
    chosen({ inputs: { slots: slots as HostTensor }, params: { stage, width, patience } });
  assertEquals([of(0), of(1), of(2), of(3), of(9)], [[], [2], [2, 4], [1, 2, 4], [0, 1, 2, 4]]);
  assertEquals([of(5, STAGE.left), of(5, STAGE.left, 4), of(5, STAGE.left, 5)], [[3], [], [3]]);
});

Deno.test("queue: nobody twice, nobody else, as many as fit, nobody before one who waits longer", () => {
  fc.assert(fc.property(cases.queue, ({ inputs, params }) => {
    const [S, columns] = inputs.slots.shape;
    const column = (s: number, c: number) => inputs.slots.data[s * columns + c];
    const at = (stage: number) => Array.from({ length: S }, (_, s) => s).filter((s) => column(s, SLOT.stage) === stage);
    const listed = chosen({ inputs, params });
    const waiting = at(params.stage);
    assert(listed.every((s, m) => waiting.includes(s) && (m === 0 || listed[m - 1] < s)));
    const closed = params.patience > 0 && at(STAGE.block).length >= params.patience;
    assertEquals(listed.length, closed ? 0 : Math.min(params.width, waiting.length));
    const left = closed ? [] : waiting.filter((s) => !listed.includes(s));
    for (const [a, b] of listed.flatMap((a) => left.map((b) => [a, b]))) {
      const later = (column(a, SLOT.since) - column(b, SLOT.since)) | 0;
      assert(later < 0 || (later === 0 && a < b), `${a} was chosen, ${b} not`);
    }
  }));
});

const slots = table(2, [
  { stage: STAGE.block, depth: 1, length: 3, seed: 7, units: 2, rows: [5, 3] },
  { stage: STAGE.block, depth: 0, length: 9, seed: -8, start: 2, units: 1, rows: [3, 0] },
  { stage: STAGE.idle, length: 4, start: 3, units: 3 },
]);
const layout = { pool: 8, unit: 6, units: [4, 2], share: false };
const placed = (inputs: { rows?: RefTensor; offsets: RefTensor }, params: PlaceParams) => {
  const { positions, places, ranges } = placeRows(device, { slots, ...inputs }, params);
  return [[...positions.data], [...places.data], [...ranges.data]];
};

Deno.test("placeRows: one row of each listed slot, in the cache that it stands before", () => {
  const list = { rows: on([1, 0, 2, 0]), offsets: on([0, 3]) };
  const own = { layout, at: "own", M: 4 } as const;
  // Recursion 1 starts at 8·4 = 32. Slot 1 starts at 2·4 and is full with its fourth row; slot 2 is idle.
  assertEquals(placed(list, own), [[9, 3, 4, 0], [11, 35, -1, -1], [8, 12, 32, 36, 0, 0, 0, 0]]);
  const shared = { ...own, layout: { ...layout, share: true } };
  assertEquals(placed(list, shared).slice(1), [[11, -1, -1, -1], [8, 12, 0, 5, 0, 0, 0, 0]]);
});

Deno.test("placeRows: rows of a prompt, of which one is beyond the slot's part", () => {
  const prompt = { offsets: on([0, 2, 2, 4]) };
  const outer = placed(prompt, { layout, at: "outer", M: 4 });
  assertEquals(outer, [[3, 4, 4, 5], [3, 4, 22, 23], [0, 4, 0, 5, 18, 23, 18, 24]]);
  const [, places, ranges] = placed(prompt, { layout, at: 1, M: 5 });
  assertEquals([places, ranges], [[35, -1, 38, 39, -1], [32, 36, 0, 0, 38, 39, 38, 40, 0, 0]]);
});

Deno.test("placeRows: everybody has places of their own, inside the cache, and sees all up to them", () => {
  fc.assert(fc.property(cases.placeRows, fc.boolean(), ({ inputs: { slots, offsets }, params }, share) => {
    const { units } = params.layout;
    const [S, columns] = slots.shape;
    const layout = { ...params.layout, share, pool: 0 };
    const data = slots.data.slice();
    for (let s = 0; s < S; s++) { // parts one after the other
      data[s * columns + SLOT.start] = layout.pool;
      layout.pool += data[s * columns + SLOT.units];
    }
    const ends = offsets.shape[0] === S + 1 ? offsets.data : Int32Array.from({ length: S + 1 }, (_, s) => s);
    const M = ends[S];
    const taken = new Set<number>();
    for (const at of units.keys()) {
      const inputs = { slots: on(data, [S, columns]), offsets: on(ends) };
      const { places, ranges } = placeRows(device, inputs, { layout, at, M });
      places.data.forEach((place, m) => {
        if (place < 0) return;
        assert(!taken.has(place) && rowsBefore(layout, at) <= place && place < rowsBefore(layout, at + 1));
        taken.add(place);
        assertEquals(ranges.data[2 * m + 1], place + 1);
      });
    }
  }));
});

Deno.test("draws: the seed of the slot, and the position of the token that comes", () => {
  const { seeds, counters } = draws(device, { slots, rows: on([1, 0]), offsets: on([0, 2]) });
  assertEquals([[...seeds.data], [...counters.data]], [[-8, 7], [10, 4]]);
});

Deno.test("slots: says what does not fit", () => {
  const offsets = on([0, 1]);
  const narrow = on([0, 0], [1, 2]);
  const params = { stage: 1, width: 1, patience: 0 };
  const place = (at: number, M: number) => placeRows(device, { slots, rows: on([0]), offsets }, { layout, at, M });
  assertThrows(
    () => queue(device, narrow, params),
    RangeError,
    "Cannot apply queue: slots have 2 columns, expected 10",
  );
  assertThrows(() => queue(device, slots, { ...params, width: -1 }), RangeError, "width -1 is negative");
  assertThrows(() => place(2, 1), RangeError, "Cannot apply placeRows: there is no recursion 2");
  assertThrows(() => place(0, 2), RangeError, "Cannot apply placeRows: 1 rows, not 2");
  assertThrows(() => placed({ offsets }, { layout, at: 0, M: 1 }), RangeError, "offsets has shape [2], expected [4]");
});
