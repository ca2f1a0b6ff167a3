import fc from "fast-check";
import { linearOp } from "../../src/ops/linear.ts";
import { size } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Few rows, rows of one tile, rows of several tiles. */
const rowCounts = fc.oneof(size(9), size(33), size(140));

/** Whole vectors of four along D or along the columns take other paths than the rest. */
const widths = (max: number) => fc.oneof(size(max, 1), size(max / 4, 1).map((quads) => 4 * quads));

/** All rows of w, a multiple of four of them, or any; nearly all of many. */
const range = (rows: number) =>
  rows >= 1000
    ? fc.nat(7).map((from) => [from, rows])
    : fc.tuple(fc.nat(rows), fc.nat(rows), fc.constantFrom(1, 4, rows)).map(([a, b, unit]) => [
      unit === rows ? 0 : Math.min(a, b),
      unit === rows ? rows : Math.min(a, b) + unit * Math.floor(Math.abs(a - b) / unit),
    ]);

/** M, D and the rows of w: any, or many columns of short lines, which fill a GPU with its largest blocks. */
const sizes = fc.oneof(
  { weight: 7, arbitrary: fc.tuple(rowCounts, fc.oneof(widths(260), fc.constant(0)), widths(280)) },
  { weight: 1, arbitrary: fc.tuple(size(140, 129), widths(36), fc.integer({ min: 1000, max: 1100 })) },
).chain(([M, D, W]) => range(W).map(([from, to]) => ({ M, D, W, from, to })));

/** Products of any size with any of the optional operands. */
export const linear = casesOf(linearOp, { sizes });
