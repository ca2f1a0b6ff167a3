/**
 * Adjoints of gather and of gated scatter: a list entry a row, a word an invocation, a work group an inner product.
 *
 * @module
 */
import type { Tensor } from "../../src/op/op.ts";
import { dotRowsOp, scaleRowsOp, scatterOp } from "../../src/ops/rows_grad.ts";
import type { Adapter } from "../host/adapter.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel, type Dispatch } from "../host/kernel.ts";
import { rowLanes, sumLanes } from "../wgsl/reduce.ts";
import { lanesOf, scatterWgsl, wordsOf } from "./rows.ts";

/** out[rows[s]] = y[s], zero elsewhere; words are copied as they are. */
export const scatter = defineKernel(scatterOp, ({ inputs: { y, rows, offsets }, params: { M }, adapter }) => {
  const [S, D] = y.shape;
  const { vector, W } = wordsOf(D);
  const word = vector ? "vec4<u32>" : "u32";
  return [{
    label: "scatter",
    constants: { W, LANES: lanesOf(adapter) },
    sizes: { ...rowSizes(S, offsets), ROWS: M },
    elements: { y: word, out: word },
    workgroups: grid(W === 0 ? 0 : M),
    lanes: "LANES",
    wgsl: scatterWgsl(rows, offsets, { chosen: "y[s * W + w]", other: `${word}()` }),
  }];
});

/** y[s] = gates[s]·x[s]; one invocation a word (or four). */
export const scaleRows = defineKernel(scaleRowsOp, ({ inputs: { x, offsets } }) => {
  const [S, D] = x.shape;
  const { vector, W } = wordsOf(D);
  const word = vector ? "vec4<f32>" : "f32";
  return [{
    label: "scaleRows",
    constants: { W },
    sizes: rowSizes(S, offsets),
    elements: { x: word, y: word },
    workgroups: grid(Math.ceil(S * W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let s = at / W;
  if (s >= liveRows()) { return; }
  y[at] = gates[s] * x[at];
}`,
  }];
});

/** What an inner product of rows is made of. */
export interface Products {
  /** Name of the variant. */
  readonly label: string;
  /** Rows that `offsets` speak of, and products of each of them. */
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
  const { vector, W } = wordsOf(terms);
  const word = vector ? "vec4<f32>" : "f32";
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
  for (var w = lane; w < W; w += LANES) { sum += ${
      vector ? "dot(a[ours + w], b[others + w])" : "a[ours + w] * b[others + w]"
    }; }
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
