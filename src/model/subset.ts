/**
 * Subsets of the rows of a pass: which rows run a recursion.
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import { gather } from "../ops/rows.ts";
import type { Selection } from "../ops/select.ts";

/** Rows of the stream, ascending, with their own offsets and the original positions. */
export interface Subset<T> {
  /** First row of each sequence within the subset, [B+1] i32; the last is the number of live rows. */
  readonly offsets: T;
  /** Original positions, [S] i32. */
  readonly positions: T;
  /** Rows of the stream, [S] i32; absent means all. */
  readonly rows?: T;
  /** The same rows, numbered among those of recursion 1; absent means all of them. */
  readonly withinFirst?: T;
}

/** The rows of a subset that a selection lists. */
export function narrow<T extends Tensor>(backend: Backend<T>, set: Subset<T>, { rows, kept }: Selection<T>): Subset<T> {
  const compose = (list: T | undefined) => list ? gather(backend, list, rows, kept) : rows;
  return {
    offsets: kept,
    positions: gather(backend, set.positions, rows, kept),
    rows: compose(set.rows),
    withinFirst: compose(set.withinFirst),
  };
}
