import fc from "fast-check";
import { hostIndices } from "../../src/op/device.ts";
import { type KvLayout, SLOT, STAGE } from "../../src/ops/slots.ts";
import { indices, maybe, size } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Layouts whose recursions are alike, smaller the deeper, or share the keys and values of the first. */
export const layout: fc.Arbitrary<KvLayout> = fc.record({
  pages: size(40, 1),
  pageRows: size(17, 1),
  recursionRows: fc.constantFrom([4], [4, 4, 4], [8, 5, 3, 1], [16, 8], [4, 0]),
  share: fc.boolean(),
});

/** A slot of N recursions with parts of up to `pages` pages; clocks are near `now`, also where they wrap round. */
function slot(N: number, pages: number, now: number): fc.Arbitrary<number[]> {
  const column: Record<keyof typeof SLOT, fc.Arbitrary<number>> = {
    stage: fc.constantFrom(STAGE.idle, STAGE.block, STAGE.block, STAGE.left),
    depth: fc.integer({ min: 0, max: N }),
    since: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 2 ** 31 - 1 })).map((w) => (now - w) | 0),
    length: fc.nat(40),
    limit: fc.nat(40),
    cap: fc.nat(N),
    chosen: fc.nat(N),
    seed: fc.integer(),
    firstPage: fc.nat(20),
    pages: fc.nat(pages),
    rows: fc.nat(20),
  };
  const rest = Array.from({ length: N - 1 }, () => column.rows);
  return fc.tuple(...Object.keys(SLOT).map((name) => column[name as keyof typeof SLOT]), ...rest);
}

/** A table of S slots. */
export function slots(S: number, N: number, pages = 5): fc.Arbitrary<ReturnType<typeof hostIndices>> {
  return fc.constantFrom(5, 2 ** 31 - 1, 4 - 2 ** 31, -(2 ** 30)).chain((now) =>
    fc.array(slot(N, pages, now), { minLength: S, maxLength: S })
  ).map((table) => hostIndices(table.flat(), [S, SLOT.rows + N]));
}

/** Slot tables with no, at most or more than `maxBatch` slots at the stage; exitBatch up to half the slots. */
export const schedule = fc.tuple(size(150), fc.integer({ min: 1, max: 3 })).chain(([S, N]) =>
  fc.record({
    slots: slots(S, N),
    maxBatch: size(S + 2),
    stage: fc.constantFrom(STAGE.block, STAGE.block, STAGE.left),
    exitBatch: fc.constantFrom(0, 0, S >> 1, 1),
  })
).map(({ slots, ...params }) => {
  const [S, columns] = slots.shape;
  const at = (stage: number) =>
    Array.from({ length: S }, (_, s) => slots.data[s * columns]).filter((other) => other === stage);
  const closed = params.exitBatch > 0 && at(STAGE.block).length >= params.exitBatch;
  const rows = closed ? 0 : Math.min(params.maxBatch, at(params.stage).length);
  return { inputs: { slots }, params, live: { rows } };
});

/** Lists of slots of which not all may be live; without slots they are empty. */
const lists = (S: number) =>
  fc.record({
    rows: indices(S === 0 ? 0 : 70, 0, Math.max(0, S - 1)),
    M: size(70),
    live: size(75),
    sequences: fc.constantFrom(1, 2),
  })
    .map(({ rows, M, live, sequences }) => ({
      rows: hostIndices(rows.data.slice(0, M)),
      offsets: hostIndices([...Array(sequences).fill(0), Math.min(live, M, rows.data.length)]),
    }));

/** One row of each slot of a list, or some of every slot; the cache outside, of one recursion, or of the slot's own. */
export const kvSlots = fc.tuple(size(66), layout).chain(([S, layout]) =>
  fc.record({
    slots: slots(S, layout.recursionRows.length),
    list: maybe(lists(S)),
    ends: fc.array(fc.nat(70), { minLength: S, maxLength: S }),
    spare: fc.constantFrom(0, 0, 3),
    at: fc.oneof(fc.constantFrom("outer" as const, "own" as const), fc.nat(layout.recursionRows.length - 1)),
  }).map(({ slots, list, ends, spare, at }) => {
    const offsets = list?.offsets ?? hostIndices([0, ...ends.sort((a, b) => a - b)]);
    const M = list ? list.rows.shape[0] : offsets.data[S] + spare;
    return {
      inputs: { slots, rows: list?.rows, offsets },
      params: { layout, at, M },
      live: { positions: liveElements(M, 1, offsets) },
    };
  })
);

/** Lists of some slots. */
export const rngCounters = size(66).chain((S) => fc.record({ slots: slots(S, 2), list: lists(S) })).map(
  ({ slots, list }) => {
    const live = liveElements(list.rows.shape[0], 1, list.offsets);
    return { inputs: { slots, ...list }, params: {}, live };
  },
);
