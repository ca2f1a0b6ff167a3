/**
 * Rows of a routed subset. Nothing is scattered: every output row finds its entry in the ascending list.
 *
 * @module
 */
import type { Tensor } from "../../src/op/op.ts";
import { gatherOp, scatterAddOp, scatterRowsOp } from "../../src/ops/rows.ts";
import { type Adapter, lanesOf } from "../host/adapter.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel, type Dispatch } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";
import { entryOf, ownEntry } from "../wgsl/list.ts";
import { wordsOf } from "../wgsl/words.ts";

/** y[s] = x[rows[s]]; words are copied as bits, of floats or integers. */
export const gather = defineKernel(gatherOp, ({ inputs: { x, rows, offsets } }) => {
  const { W, bits } = wordsOf(x.shape[1] ?? 1);
  return [perWord({
    label: "gather",
    ...{ rows: rows.shape[0], offsets, each: W },
    elements: { x: bits, y: bits },
    statements: "y[at] = x[u32(rows[m]) * EACH + w];",
  })];
});

/** A call whose output rows are entries of a list, or other rows. */
export interface Scatter {
  /** Name of the variant. */
  readonly label: string;
  /** Shape of the output. */
  readonly shape: readonly number[];
  /** The rows [S, D] of the list, the list, and where its live entries end. */
  readonly y: Tensor;
  readonly rows: Tensor | undefined;
  readonly offsets: Tensor | undefined;
  /** Type of a word of the tensors named. */
  readonly elements: Readonly<Record<string, string>>;
  /** WGSL: a word of an output row that is entry s, and of the other rows. */
  readonly chosen: string;
  readonly other: string;
}

/** A work group for each row m of `out`. */
export function scatterDispatch(
  { label, shape: [M, D], y, rows, offsets, ...task }: Scatter,
  adapter: Adapter,
): Dispatch {
  const { W } = wordsOf(D);
  return {
    label,
    constants: { W, LANES: lanesOf(adapter) },
    sizes: { ...rowSizes(y.shape[0], offsets), ROWS: M },
    elements: task.elements,
    workgroups: grid(W === 0 ? 0 : M),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${rows ? entryOf : ownEntry}
fn run(m: u32, lane: u32) {
  if (m >= sizes.ROWS) { return; }
  let live = liveRows();
  let s = entryOf(m, live);
  if (s < live) {
    for (var w = lane; w < W; w += LANES) { out[m * W + w] = ${task.chosen}; }
  } else {
    for (var w = lane; w < W; w += LANES) { out[m * W + w] = ${task.other}; }
  }
}`,
  };
}

/** out = x, but out[rows[s]] = y[s]; words are copied as bits. */
export const scatterRows = defineKernel(scatterRowsOp, ({ inputs: { x, y, rows, offsets }, adapter }) => {
  const { shape } = x, { bits } = wordsOf(shape[1]);
  const elements = { x: bits, y: bits, out: bits };
  const words = { chosen: "y[s * W + w]", other: "x[m * W + w]" };
  return [scatterDispatch({ label: "scatterRows", shape, y, rows, offsets, elements, ...words }, adapter)];
});

/** out = x, but out[rows[s]] += gates[s]·y[s]. */
export const scatterAdd = defineKernel(scatterAddOp, ({ inputs: { x, y, rows, gates, offsets }, adapter }) => {
  const { shape } = x, { word } = wordsOf(shape[1]);
  const elements = { x: word, y: word, out: word };
  const words = { chosen: `x[m * W + w] + ${gates ? "gates[s] * " : ""}y[s * W + w]`, other: "x[m * W + w]" };
  return [scatterDispatch({ label: "scatterAdd", shape, y, rows, offsets, elements, ...words }, adapter)];
});
