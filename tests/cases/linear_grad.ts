import fc from "fast-check";
import type { Shape } from "../../src/op/op.ts";
import { hostTensor } from "../../src/op/device.ts";
import { linearGradWOp, linearGradXOp, sumRowsOp } from "../../src/ops/linear_grad.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Rows of one tile, rows of several tiles. */
const rowCounts = fc.oneof(size(9), size(33), size(140));

/** Whole vectors of four take other paths than the rest. */
const widths = (max: number) => fc.oneof(size(max), size(max / 4).map((quads) => 4 * quads));

/** M, D, O: any, or results so large that they fill a GPU with its largest blocks, of few terms. */
const products = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(rowCounts, widths(260), widths(260)) },
  { weight: 1, arbitrary: fc.tuple(size(140, 129), fc.integer({ min: 1000, max: 1100 }), widths(36)) },
  { weight: 1, arbitrary: fc.tuple(widths(36), fc.integer({ min: 1000, max: 1100 }), size(140, 129)) },
);

/** Adds rows of the weight before and after those in use: none, or a few. */
const around = (sizes: fc.Arbitrary<[number, number, number]>) =>
  fc.tuple(sizes, fc.constantFrom(0, 0, 1, 4, 33), fc.constantFrom(0, 0, 3, 70))
    .map(([[M, D, O], from, after]) => {
      const rows = from + O + after;
      return { M, D, O, W: rows, from, to: from + O, rows };
    });

/** Numbers, and NaN in rows that are not live; a kernel that reads them returns NaN. */
const dead = (shape: Shape, { live }: { live: number }) =>
  tensor(shape).map(({ data }) =>
    hostTensor(shape, (data as Float32Array).map((value, i) => i < live * shape[1] ? value : NaN))
  );

/** Gradients of x, whichever rows of the weight were used. */
export const linearGradX = casesOf(linearGradXOp, { sizes: around(products) });

/** Gradients of the weight. */
export const linearGradW = casesOf(linearGradWOp, { sizes: around(products), inputs: { dy: dead, x: dead } });

/** Gradients of a bias. */
export const sumRows = casesOf(sumRowsOp, {
  sizes: around(fc.tuple(size(300), fc.constant(0), size(140))),
  inputs: { dy: dead },
});
