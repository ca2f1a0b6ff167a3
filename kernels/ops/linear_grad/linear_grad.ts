/**
 * Derivatives of the linear projection: which kernel runs where.
 *
 * Both products take the tiles of the projection: in registers on software adapters, through work group memory on GPUs.
 * A sum over rows has a fixed order: the same inputs give the same gradient.
 *
 * @module
 */
import { linearGradWOp, linearGradXOp, sumRowsOp } from "../../../src/ops/linear_grad.ts";
import { liveRows, rowSizes } from "../../host/grid.ts";
import { defineKernel, type Dispatch } from "../../host/kernel.ts";
import { chooseBlock, chooseTile } from "../linear/linear.ts";
import { unroll } from "../../wgsl/text.ts";
import type { Product } from "./operands.ts";
import { shared } from "./shared.ts";
import { tile } from "./tile.ts";

/** dx = dy·w. */
export const linearGradX = defineKernel(linearGradXOp, ({ inputs: { dy, offsets }, outputs, params, adapter }) => {
  const { shape } = outputs.dx;
  return [choose({ name: "linearGradX", dy, offsets, from: params.from, shape, adapter }, shape[0], shape[1])];
});

/** dw = dyᵀ·x; four rows of the weight are one vector of dy. */
export const linearGradW = defineKernel(linearGradWOp, ({ inputs: { dy, offsets }, outputs, params, adapter }) => {
  const { shape } = outputs.dw;
  const rows = Math.max(4, dy.shape[1]);
  return [choose({ name: "linearGradW", dy, offsets, from: params.from, shape, adapter }, rows, shape[1])];
});

/** Widths that are no multiple of four are read number by number: wide tiles of these take seconds to compile. */
function choose(product: Product, rows: number, columns: number): Dispatch {
  const { adapter } = product;
  return adapter.family === "cpu"
    ? tile(product, chooseTile(adapter, rows, columns % 4 === 0 ? columns : 1))
    : shared(product, chooseBlock(rows, columns));
}

/** Parts of a sum over rows. */
const PARTS = 8;

/** y = Σ_m dy[m]: an invocation adds every eighth row of one column, and the first of eight adds their sums. */
export const sumRows = defineKernel(sumRowsOp, ({ inputs: { dy, offsets }, params: { from, rows }, adapter }) => {
  const [M, O] = dy.shape;
  const columns = adapter.family === "cpu" ? 8 : 32;
  return [{
    label: "sumRows",
    sizes: { O, first: from, rows, ...rowSizes(M, offsets) },
    workgroups: [Math.ceil(rows / columns), 1, 1],
    lanes: columns * PARTS,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
var<workgroup> parts: array<f32, ${columns * PARTS}>;
fn run(group: u32, lane: u32) {
  let row = group * ${columns} + lane % ${columns};
  let o = row - sizes.first;
  let live = select(0, liveRows(), row >= sizes.first && o < sizes.O);
  var sum = 0.0;
  for (var m = lane / ${columns}; m < live; m += ${PARTS}) { sum += dy[m * sizes.O + o]; }
  parts[lane] = sum;
  workgroupBarrier();
  if (lane < ${columns} && row < sizes.rows) {
    y[row] = ${unroll(PARTS, (part) => `parts[lane + ${part * columns}]`, " + ")};
  }
}`,
  }];
});
