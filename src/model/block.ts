/**
 * One recursion of the shared block over a subset of rows.
 *
 * @module
 */
import type { Backend, Tensor } from "../op.ts";
import { visibility } from "../ops/attention.ts";
import type { KeyValues } from "./config.ts";
import { layer, type LayerResult, type LayerStyle, type View } from "./layer.ts";
import type { Noise } from "./noise.ts";
import type { LayerParams } from "./parameters.ts";

/** Rows of the stream, ascending, with their own offsets and the original positions. */
export interface Subset<T> {
  /** Where sequences start among these rows, [B+1] i32. */
  readonly offsets: T;
  /** Original positions, [S] i32. */
  readonly positions: T;
  /** Rows of the stream, [S] i32; absent means all. */
  readonly rows?: T;
  /** The same rows, numbered among those of recursion 1; absent means all of them. */
  readonly withinFirst?: T;
}

/** The layers that recursions share. */
export interface Block<T> {
  /** Layers, in order. */
  readonly layers: readonly LayerParams<T>[];
  /** Norm, heads and activation. */
  readonly style: LayerStyle;
  /** RoPE's cosines and sines, [T, K]. */
  readonly table: T;
  /** Where keys and values come from. */
  readonly kv: KeyValues;
  /** In training; every use of a layer gets its own number after this one's. */
  readonly noise?: Noise<T>;
  /** Told of every layer run: recursion, number in the block, rows and result. */
  readonly onLayer?: (r: number, j: number, rows: Subset<T>, result: LayerResult<T>) => void;
}

/**
 * Runs the block's layers over the rows of a subset, and returns the keys and values of each layer.
 *
 * Rows see the active rows of the same recursion up to themselves; given the first recursion's `keys` (one [S₁, 2·G·K] a
 * layer) they see those instead (`share`), or those with their own put in place (`hybrid`).
 */
export function runBlock<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  block: Block<T>,
  r: number,
  rows: Subset<T>,
  first?: { keys: readonly T[]; offsets: T },
): { x: T; keys: readonly T[] } {
  const { table, style, kv } = block;
  const { offsets, positions } = rows;
  const seen = first ? { offsets: first.offsets, rows: rows.withinFirst, queryOffsets: offsets } : { offsets };
  const ranges = visibility(backend, seen, { M: x.shape[0], causal: true, window: 0 });
  const view: View<T> = { positions, offsets, ranges, table };
  const keys: T[] = [];
  block.layers.forEach((params, j) => {
    const shared = first && { kv: first.keys[j], replaced: kv === "hybrid" ? rows.withinFirst : undefined };
    const noise = block.noise && { ...block.noise, use: block.noise.use + r * block.layers.length + j };
    const result = layer(backend, x, params, { ...view, shared, noise }, style);
    block.onLayer?.(r, j, rows, result);
    keys.push(result.kv);
    x = result.x;
  });
  return { x, keys };
}
