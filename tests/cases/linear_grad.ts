import fc from "fast-check";
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Rows of one tile, rows of several tiles. */
const rowCounts = fc.oneof(size(9), size(33), size(140));

/** Whole vectors of four take other paths than the rest. */
const widths = (max: number) => fc.oneof(size(max), size(max / 4).map((quads) => 4 * quads));

/** M, D, O: any, or results so large that they fill a GPU with its largest blocks, of few terms. */
const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(rowCounts, widths(260), widths(260)) },
  { weight: 1, arbitrary: fc.tuple(size(140, 129), fc.integer({ min: 1000, max: 1100 }), widths(36)) },
  { weight: 1, arbitrary: fc.tuple(widths(36), fc.integer({ min: 1000, max: 1100 }), size(140, 129)) },
);

/** Rows of the weight before and after those in use: none, or a few. */
const around = fc.tuple(fc.constantFrom(0, 0, 1, 4, 33), fc.constantFrom(0, 0, 3, 70));

/** The same rows with NaN in rows that are not live; a kernel that reads them returns NaN. */
const dead = (rows: HostTensor, live: number) =>
  hostTensor(rows.shape, rows.data.map((value, i) => i < live * rows.shape[1] ? value : NaN));

/** Gradients of x, whichever rows of the weight were used. */
export const linearGradX = fc.tuple(sizes, around).chain(([[M, D, O], [from, after]]) =>
  fc.record({ dy: tensor([M, O]), w: tensor([from + O + after, D]), offsets: maybe(offsets(M)) }).map((inputs) => ({
    inputs,
    params: { from, to: from + O },
    live: liveElements(M, D, inputs.offsets),
  }))
);

/** Gradients of the weight. */
export const linearGradW = fc.tuple(sizes, around).chain(([[M, D, O], [from, after]]) =>
  fc.record({ dy: tensor([M, O]), x: tensor([M, D]), offsets: maybe(offsets(M)) }).map(({ dy, x, offsets }) => {
    const live = liveElements(M, 1, offsets);
    return { inputs: { dy: dead(dy, live), x: dead(x, live), offsets }, params: { from, rows: from + O + after } };
  })
);

/** Gradients of a bias. */
export const sumRows = fc.tuple(size(300), size(140), around).chain(([M, O, [from, after]]) =>
  fc.record({ dy: tensor([M, O]), offsets: maybe(offsets(M)) }).map(({ dy, offsets }) => ({
    inputs: { dy: dead(dy, liveElements(M, 1, offsets)), offsets },
    params: { from, rows: from + O + after },
  }))
);
