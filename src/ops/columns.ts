/**
 * Columns out of a tensor and side by side: how results of row parts of a weight come together.
 *
 * @module
 */
import { defineOp } from "../op/define.ts";
import type { Backend, Tensor } from "../op/op.ts";

/** Columns [from, to). */
export interface ColumnRange {
  /** First column. */
  readonly from: number;
  /** One past the last column. */
  readonly to: number;
}

/** y[m] = x[m, from..to−1]. x [D] or [M, D] → y [to − from] or [M, to − from]. */
export const takeColumnsOp = defineOp({
  name: "takeColumns",
  family: "columns",
  inputs: { x: "M? D" },
  outputs: { y: "M? O" },
  params: { from: "size", to: "size" },
  axes: ({ from, to }) => ({ O: to - from }),
  refuse: ({ D }, { from, to }) => !(from <= to && to <= D) && `columns ${from}..${to} are not inside x's ${D}`,
});

/** Applies {@link takeColumnsOp}; x itself where that is all of its columns. */
export function takeColumns<T extends Tensor>(backend: Backend<T>, x: T, { from, to }: ColumnRange): T {
  if (from === 0 && to === x.shape[x.shape.length - 1]) return x;
  return backend.run(takeColumnsOp, { x }, { from, to }).y;
}

/** y[m] = (a[m], b[m]). a [M, D], b [M, O] → y [M, D + O]. */
export const joinColumnsOp = defineOp({
  name: "joinColumns",
  family: "columns",
  inputs: { a: "M D", b: "M O" },
  outputs: { y: "M D+O" },
});

/** Applies {@link joinColumnsOp}: a [M, D], b [M, O] → [M, D + O]. */
export function joinColumns<T extends Tensor>(backend: Backend<T>, a: T, b: T): T {
  return backend.run(joinColumnsOp, { a, b }, {}).y;
}
