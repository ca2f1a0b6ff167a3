/**
 * Columns out of a tensor and side by side: how results of row parts of a weight come together.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireShape, spec, type Tensor } from "../op/op.ts";

/** Columns [from, to). */
export interface ColumnRange {
  /** First column. */
  readonly from: number;
  /** One past the last column. */
  readonly to: number;
}

/** y[m] = x[m, from..to−1]. x [D] or [M, D] → y [to − from] or [M, to − from]. */
export const takeColumnsOp: Op<"x", "y", ColumnRange> = defineOp({
  name: "takeColumns",
  family: "columns",
  inputs: ["x"],
  outputs: ["y"],
  infer({ x }, { from, to }: ColumnRange) {
    requireShape("takeColumns", "x", x, x.shape.length === 1 ? [undefined] : [undefined, undefined]);
    const D = x.shape[x.shape.length - 1];
    demand("takeColumns", 0 <= from && from <= to && to <= D, () => `columns ${from}..${to} are not inside x's ${D}`);
    return { y: spec([...x.shape.slice(0, -1), to - from]) };
  },
});

/** Applies {@link takeColumnsOp}; x itself where that is all of its columns. */
export function takeColumns<T extends Tensor>(backend: Backend<T>, x: T, { from, to }: ColumnRange): T {
  if (from === 0 && to === x.shape[x.shape.length - 1]) return x;
  return backend.run(takeColumnsOp, { x }, { from, to }).y;
}

/** y[m] = (a[m], b[m]). a [M, A], b [M, B] → y [M, A + B]. */
export const joinColumnsOp: Op<"a" | "b", "y", Record<never, never>> = defineOp({
  name: "joinColumns",
  family: "columns",
  inputs: ["a", "b"],
  outputs: ["y"],
  infer({ a, b }) {
    requireShape("joinColumns", "a", a, [undefined, undefined]);
    requireShape("joinColumns", "b", b, [a.shape[0], undefined]);
    return { y: spec([a.shape[0], a.shape[1] + b.shape[1]]) };
  },
});

/** Applies {@link joinColumnsOp}: a [M, A], b [M, B] → [M, A + B]. */
export function joinColumns<T extends Tensor>(backend: Backend<T>, a: T, b: T): T {
  return backend.run(joinColumnsOp, { a, b }, {}).y;
}
