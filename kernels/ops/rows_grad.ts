/**
 * Adjoints of gather and of the gated scatter.
 *
 * @module
 */
import type { Tensor } from "../../src/op/op.ts";
import { dotRowsOp, scaleRowsOp, scatterOp } from "../../src/ops/rows_grad.ts";
import type { Adapter } from "../host/adapter.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel, type Dispatch } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";
import { rowLanes, sumLanes } from "../wgsl/reduce.ts";
import { wordsOf } from "../wgsl/words.ts";
import { scatterDispatch } from "./rows.ts";

/** out[rows[s]] = y[s], zero elsewhere; words are copied as bits. */
export const scatter = defineKernel(scatterOp, ({ inputs: { y, rows, offsets }, params: { M }, adapter }) => {
  const D = y.shape[1], { bits } = wordsOf(D);
  const elements = { y: bits, out: bits };
  const words = { chosen: "y[s * W + w]", other: `${bits}()` };
  return [scatterDispatch({ label: "scatter", shape: [M, D], y, rows, offsets, elements, ...words }, adapter)];
});

/** y[s] = gates[s]·x[s]. */
export const scaleRows = defineKernel(scaleRowsOp, ({ inputs: { x, offsets } }) => {
  const { W, word } = wordsOf(x.shape[1]);
  return [perWord({
    label: "scaleRows",
    ...{ rows: x.shape[0], offsets, each: W },
    elements: { x: word, y: word },
    statements: "y[at] = gates[m] * x[at];",
  })];
});

/** Inner products of rows of a with rows of b. */
export interface Products {
  /** Name of the variant. */
  readonly label: string;
  /** Rows that `offsets` count, and products of each of them. */
  readonly rows: number;
  readonly each: number;
  /** Terms of a product. */
  readonly terms: number;
  /** Where the live rows end. */
  readonly offsets: Tensor | undefined;
  /** WGSL: the row of b that belongs to product s. */
  readonly other: string;
}

/** y[s] = a[s]·b[other]; a work group a product. */
export function products({ label, rows, each, terms, offsets, other }: Products, adapter: Adapter): Dispatch {
  const { W, word, dot } = wordsOf(terms);
  const lanes = rowLanes(adapter, W);
  return {
    label,
    constants: { W, EACH: each, LANES: lanes },
    sizes: rowSizes(rows, offsets),
    elements: { a: word, b: word },
    workgroups: grid(rows * each),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${sumLanes(lanes)}
fn run(s: u32, lane: u32) {
  if (s >= liveRows() * EACH) { return; }
  let ours = s * W;
  let others = (${other}) * W;
  var sum = 0.0;
  for (var w = lane; w < W; w += LANES) { sum += ${dot("a[ours + w]", "b[others + w]")}; }
  let total = sumLanes(lane, sum);
  if (lane == 0) { y[s] = total; }
}`,
  };
}

/** y[s] = a[s]·b[s]. */
export const dotRows = defineKernel(dotRowsOp, ({ inputs: { a, offsets }, adapter }) => {
  const [rows, terms] = a.shape;
  return [products({ label: "dotRows", rows, each: 1, terms, offsets, other: "s" }, adapter)];
});
