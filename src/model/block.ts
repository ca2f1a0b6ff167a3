/**
 * One recursion of the shared block over a subset of rows.
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import { keyRanges } from "../ops/attention.ts";
import { gather } from "../ops/rows.ts";
import type { DecoderCache, Placed } from "./cache.ts";
import type { KeyValues } from "./config/config.ts";
import { type KeyCache, layer, type LayerResult, type LayerStyle, type View } from "./layer.ts";
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
  /** Keys and values of earlier rows. */
  readonly cache?: Omit<DecoderCache<T>, "layer">;
  /** The rows that have keys and values of their own, where not all do. */
  readonly writers?: KeyCache<T>["writers"];
  /** In training; every use of a layer gets its own number after this one's. */
  readonly noise?: Noise<T>;
  /** Told of every layer run: recursion, number in the block, rows and result. */
  readonly onLayer?: (r: number, j: number, rows: Subset<T>, result: LayerResult<T>) => void;
}

/** Keys and values of the first recursion, for later ones. */
export interface FirstKeys<T> {
  /** One a layer, [S₁, 2·G·K], or caches. */
  readonly keys: readonly T[];
  /** Where sequences start among the rows of the first recursion, [B+1] i32. */
  readonly offsets: T;
  /** Of caches: what those rows see, [S₁, 2] i32. */
  readonly ranges?: T;
}

/** What one recursion of the block leaves behind. */
export interface BlockResult<T> {
  /** Residual stream, [S, D]. */
  readonly x: T;
  /** Keys and values of each layer. */
  readonly keys: readonly T[];
  /** Where it has caches of its own: where the rows' keys and values have gone, and what the rows see. */
  readonly placed?: Placed<T>;
}

/**
 * Runs the block's layers over the rows of a subset.
 *
 * Rows see the active rows of the same recursion up to themselves, cached ones included; given the `first` recursion's keys
 * they see those instead (`share`), or those with their own put in place (`hybrid`).
 */
export function runBlock<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  block: Block<T>,
  r: number,
  rows: Subset<T>,
  first?: FirstKeys<T>,
): BlockResult<T> {
  const { table, style, kv, cache, writers } = block;
  const { offsets, positions } = rows;
  const placed = first ? undefined : cache?.place(r, x.shape[0], offsets);
  const ranges = placed?.ranges ?? visibleKeys(backend, x.shape[0], rows, first);
  const view: View<T> = { positions, offsets, ranges, table };
  const keys: T[] = [];
  block.layers.forEach((params, j) => {
    const shared = first && { kv: first.keys[j], replaced: kv === "hybrid" ? rows.withinFirst : undefined };
    const use = r * block.layers.length + j;
    const noise = block.noise && { ...block.noise, use: block.noise.use + use, rows: rows.rows };
    const own = placed && { kv: cache!.block(r, j), places: placed.places, writers };
    const result = layer(backend, x, params, { ...view, shared, noise, cache: own }, style);
    block.onLayer?.(r, j, rows, result);
    keys.push(result.kv);
    x = result.x;
  });
  return { x, keys, placed };
}

/** Visible key rows of M rows without caches of their own, [M, 2]. */
function visibleKeys<T extends Tensor>(
  backend: Backend<T>,
  M: number,
  { offsets, withinFirst }: Subset<T>,
  first?: FirstKeys<T>,
): T {
  if (first?.ranges) return withinFirst ? gather(backend, first.ranges, withinFirst, offsets) : first.ranges;
  const seen = first ? { offsets: first.offsets, rows: withinFirst, queryOffsets: offsets } : { offsets };
  return keyRanges(backend, seen, { M, causal: true, window: 0 });
}
