import fc from "fast-check";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";
import { list, scattered, width } from "./rows.ts";

/** Ascending lists, of which only a part may be live. */
export const scatter = scattered.map(({ x, y, entries, offsets }) => ({
  inputs: { y, rows: list(entries, offsets), offsets },
  params: { M: x.shape[0] },
}));

/** Some rows of a width, all of them live or not. */
const liveRows = ([S, D]: [number, number]) =>
  maybe(offsets(S)).map((offsets) => ({ S, D, offsets, live: liveElements(S, D, offsets) }));

/** Row count, width and dead rows. */
const rows = fc.tuple(size(140), width).chain(liveRows);

/** With and without dead rows. */
export const scaleRows = rows.chain(({ S, D, offsets, live }) =>
  fc.record({ x: tensor([S, D]), gates: tensor([S, 1]), offsets: fc.constant(offsets) })
    .map((inputs) => ({ inputs, params: {}, live }))
);

/** With and without dead rows, rows longer than any group's lanes, and empty ones. */
export const dotRows = fc.oneof(
  { weight: 9, arbitrary: rows },
  { weight: 1, arbitrary: fc.tuple(size(9), fc.constantFrom(1025, 4100)).chain(liveRows) },
).chain(({ S, D, offsets }) =>
  fc.record({ a: tensor([S, D]), b: tensor([S, D]), offsets: fc.constant(offsets) })
    .map((inputs) => ({ inputs, params: {}, live: liveElements(S, 1, offsets) }))
);
