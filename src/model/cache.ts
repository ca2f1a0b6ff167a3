/**
 * What a decoder needs of whoever keeps its keys and values.
 *
 * @module
 */
import type { Selection } from "../ops/select.ts";

/** Where new rows of keys and values go, and what they see. */
export interface Placed<T> {
  /** Rows of the caches that they become, [M] i32; nowhere below 0. */
  readonly places: T;
  /** Rows of the caches that they see, [M, 2] i32. */
  readonly ranges: T;
  /** Rows that each sequence has by now, [B] i32, where the caches tell. */
  readonly grown?: T;
}

/** The caches of all layers that have keys and values of their own (`ownsKeys`), [rows, 2·G·K] each. */
export interface DecoderCache<T> {
  /** Of unrolled layer l outside routed recursions. */
  layer(l: number): T;
  /** Of layer j of the routed block in recursion r. */
  block(r: number, j: number): T;
  /** The places of M rows, of which offsets tell the live ones: outside the recursions, or in one; the same for all its layers. */
  place(at: "outer" | number, M: number, offsets: T): Placed<T>;
  /** Where not every row chosen for a recursion has room in it: those that do (expert-choice). */
  fit?(r: number, chosen: Selection<T>): Selection<T>;
}
