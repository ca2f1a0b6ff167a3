/**
 * Keys and values of a decoder: own, shared with recursion 1, or hybrid (Mixture-of-Recursions, arXiv 2507.10524, §2.2.2;
 * docs/mor.md, "Keys and values"), of the rows of one pass or also of earlier ones in KV caches.
 *
 * The seam for other rules of visibility is {@link KvPass}: it decides which keys a row of a recursion attends to, so keys
 * that a token leaves for later ones after its exit are one more case of a scope.
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import { keyRanges } from "../ops/attention.ts";
import { type Heads, rope, ropeWrite } from "../ops/rope.ts";
import { gather, scatterRows } from "../ops/rows.ts";
import { type Selection, selectThreshold } from "../ops/select.ts";
import type { DecoderConfig } from "./config/config.ts";
import { outerLayers, uniqueLayer } from "./config/sharing.ts";
import type { Subset } from "./subset.ts";

/** Rows that one KV slot mapping serves: outside the recursions, of recursion r, or of each row's own recursion. */
export type KvScope = "outer" | "own" | number;

/** KV slot mapping of M new rows, shared by all layers of a scope. */
export interface KvRows<T> {
  /** Cache row of each new row, [M] i32; negative where its keys and values are not stored. */
  readonly kvSlots: T;
  /** Cache rows that each new row attends to, [M, 2] i32. */
  readonly ranges: T;
}

/** KV caches of the layers that have keys and values of their own (`ownsKeys`), [rows, 2·G·K] each, written in place. */
export interface KvCache<T> {
  /** Cache of unrolled layer l outside routed recursions. */
  layer(l: number): T;
  /** Cache of layer j of the routed block, for all recursions. */
  block(j: number): T;
  /** KV slot mapping of M rows, of which the last of `offsets` are live. */
  map(scope: KvScope, M: number, offsets: T): KvRows<T>;
  /** Where recursion r has fewer rows than sequences have tokens: the chosen rows that it has room for (expert-choice). */
  fit?(r: number, chosen: Selection<T>): Selection<T>;
}

/** Keys and values that the rows of a layer attend to, [rows, 2·G·K]. */
export interface LayerKeys<T> {
  /** Range of key rows of each row, [M, 2] i32. */
  readonly ranges: T;
  /** Keys and values of recursion 1: used as they are, or with the layer's own in the rows `replaced`. */
  readonly shared?: { readonly kv: T; readonly replaced?: T };
  /** Cache of the layer, and the cache rows of the layer's own rows; of `kvRows` where only some rows have keys. */
  readonly cache?: { readonly kv: T; readonly kvSlots: T; readonly kvRows?: Subset<T> & { readonly rows: T } };
}

interface Scope<T> {
  readonly offsets: T;
  readonly ranges: T;
  readonly kvSlots?: T;
  readonly kvRows?: Subset<T> & { readonly rows: T };
}

/** Keys and values of one pass of rows through a decoder. */
export class KvPass<T extends Tensor> {
  readonly #scopes = new Map<KvScope, Scope<T>>();
  /** Keys and values of the first use of every unique layer, for later recursions. */
  readonly #first = new Map<number, T>();

  /** Of rows that attend to each other and, with a `cache`, to earlier rows of their sequences. */
  constructor(readonly backend: Backend<T>, readonly config: DecoderConfig, readonly cache?: KvCache<T>) {}

  /** Keys and values for M rows in unrolled layer l. */
  of(scope: KvScope, l: number, rows: Subset<T>, M: number): LayerKeys<T> {
    const { config, config: { recursion: { kv, sharing } }, cache } = this;
    const u = uniqueLayer(config, l), first = this.#first.get(u);
    const { ranges, kvSlots, kvRows } = this.#scope(scope, rows, M);
    if (first) return { ranges, shared: { kv: first, replaced: kv === "hybrid" ? rows.withinFirst : undefined } };
    if (!cache) return { ranges };
    const stored = scope === "outer" ? cache.layer(l) : cache.block(u - outerLayers(sharing) / 2);
    return { ranges, cache: { kv: stored, kvSlots: kvSlots!, kvRows } };
  }

  /** Keeps what unrolled layer l attended to; where recursions share, its first use is what later ones attend to. */
  keep(l: number, kv: T): void {
    const u = uniqueLayer(this.config, l);
    if (this.config.recursion.kv !== "recursion" && !this.#first.has(u)) this.#first.set(u, kv);
  }

  #scope(scope: KvScope, rows: Subset<T>, M: number): Scope<T> {
    const found = this.#scopes.get(scope);
    if (found) return found;
    const made = this.#makeScope(scope, rows, M);
    this.#scopes.set(scope, made);
    return made;
  }

  #makeScope(scope: KvScope, rows: Subset<T>, M: number): Scope<T> {
    const { backend, cache, config: { recursion: { kv } } } = this;
    const { offsets, withinFirst } = rows, shares = kv !== "recursion";
    const first = shares && scope !== 0 ? this.#scopes.get(0) : undefined;
    const causal = { M, causal: true, window: 0 };
    if (first && typeof scope === "number") {
      if (first.kvSlots) {
        return { offsets, ranges: withinFirst ? gather(backend, first.ranges, withinFirst, offsets) : first.ranges };
      }
      const seen = { offsets: first.offsets, rows: withinFirst, queryOffsets: offsets };
      return { offsets, ranges: keyRanges(backend, seen, causal) };
    }
    if (!cache) return { offsets, ranges: keyRanges(backend, { offsets }, causal) };
    const { kvSlots, ranges } = cache.map(scope, M, offsets);
    if (scope !== "own" || !shares) return { offsets, ranges, kvSlots };
    const { rows: list, kept } = selectThreshold(backend, { scores: kvSlots, offsets }, 0); // rows of recursion 1
    const of = (tensor: T) => gather(backend, tensor, list, kept);
    const kvRows = { rows: list, offsets: kept, positions: of(rows.positions) };
    return { offsets, ranges, kvSlots: of(kvSlots), kvRows };
  }
}

/** Rows of a layer as its projections see them. */
export interface ProjectedRows<T> extends Subset<T> {
  /** RoPE's cosines and sines, [T, K]. */
  readonly table: T;
  /** Columns [from, to) of Wqkv·norm(x), all unless given, for all rows or for those of a list. */
  project(columns?: readonly [from: number, to: number], list?: Subset<T>): T;
}

/**
 * Rotated queries [M, H·K], and the keys and values that they attend to: the rows' own, those of a cache, or shared ones,
 * which are not computed again.
 */
export function queriesAndKeys<T extends Tensor>(
  backend: Backend<T>,
  { positions, offsets, table, project }: ProjectedRows<T>,
  { shared, cache }: LayerKeys<T>,
  heads: Heads,
): { q: T; kv: T } {
  const { H, G, K } = heads;
  const queries = () => rope(backend, { x: project([0, H * K]), positions, table, offsets }, { H, G: 0, K }).q;
  if (shared && !shared.replaced) return { q: queries(), kv: shared.kv };
  if (cache?.kvRows) {
    const { kvRows, kvRows: { positions, offsets } } = cache;
    const x = project([H * K, (H + 2 * G) * K], kvRows);
    const into = { cache: cache.kv, kvSlots: cache.kvSlots };
    const { cache: kv } = ropeWrite(backend, { x, table, positions, offsets, ...into }, { H: 0, G, K });
    return { q: queries(), kv };
  }
  const rows = { x: project(), positions, table, offsets };
  if (cache) {
    const { q, cache: kv } = ropeWrite(backend, { ...rows, cache: cache.kv, kvSlots: cache.kvSlots }, heads);
    return { q, kv };
  }
  const own = rope(backend, rows, heads);
  if (!shared) return own;
  return { q: own.q, kv: scatterRows(backend, { x: shared.kv, y: own.kv, rows: shared.replaced!, offsets }) };
}
