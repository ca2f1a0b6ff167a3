/**
 * One transformer layer, for decoder and encoder alike: pre-norm attention and feed-forward, each with a residual add.
 *
 * @module
 */
import type { Backend, Tensor } from "../op.ts";
import { attention } from "../ops/attention.ts";
import { linear } from "../ops/linear.ts";
import { norm, type NormParams } from "../ops/norm.ts";
import { type Heads, rope } from "../ops/rope.ts";
import type { Routed } from "../ops/router.ts";
import { gather, scatterRows } from "../ops/rows.ts";
import { feedForward, type FeedForwardStyle } from "./feed_forward.ts";
import { addResidual, type Noise } from "./noise.ts";
import type { LayerParams } from "./parameters.ts";

/** What is fixed for all layers of a model. */
export interface LayerStyle extends FeedForwardStyle {
  /** Which norm. */
  readonly norm: NormParams;
  /** Heads of the attention. */
  readonly heads: Heads;
}

/** What a layer's keys and values were appended to. */
export interface Appended<T> {
  /** Everything there is by now, [rows, 2·G·K]. */
  readonly kv: T;
  /** What the layer's rows see of it, [M, 2] i32. */
  readonly ranges: T;
  /** Rows that each sequence has by now, [B] i32, where the cache tells. */
  readonly grown?: T;
}

/** Keys and values of earlier rows, kept for later ones; everything up to a row is seen. */
export interface KeyCache<T> {
  /** Appends rows of keys and values, in place; offsets end with the number of live ones. */
  append(kv: T, offsets: T): Appended<T>;
  /** Those of the layer's rows that append theirs, where others only see what is there (KV sharing at mixed depths). */
  readonly writers?: { readonly rows: T; readonly offsets: T; readonly positions: T };
}

/** The rows a layer works on, and what they see. */
export interface View<T> {
  /** Original positions, [M] i32. */
  readonly positions: T;
  /** Where sequences start, [B+1] i32; the last is the number of live rows. */
  readonly offsets: T;
  /** Visible key rows of each row, [M, 2] i32; a cache says it instead. */
  readonly ranges?: T;
  /** RoPE's cosines and sines, [T, K]. */
  readonly table: T;
  /** Keys and values of another recursion: read instead of the layer's own, or with its own put in place of `replaced` rows. */
  readonly shared?: { readonly kv: T; readonly replaced?: T };
  /** Where the layer's own keys and values are kept. */
  readonly cache?: KeyCache<T>;
  /** In training. */
  readonly noise?: Noise<T>;
}

/** What a layer leaves behind. */
export interface LayerResult<T> {
  /** Residual stream, [M, D]. */
  readonly x: T;
  /** Keys (rotated) and values that were attended to, [rows, 2·G·K]. */
  readonly kv: T;
  /** With a cache: what it has become. */
  readonly appended?: Appended<T>;
  /** How experts were chosen, where the layer has them. */
  readonly routed?: Routed<T>;
}

/** x += Wo·attention(norm(x)); x += FFN(norm(x)) (recursion.md §1, mol.md §1). x [M, D] → [M, D]. */
export function layer<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  params: LayerParams<T>,
  view: View<T>,
  style: LayerStyle,
): LayerResult<T> {
  const { offsets, ranges, noise } = view;
  const normed = params.attentionNorm ? norm(backend, x, params.attentionNorm, style.norm, offsets) : x;
  const { q, kv, appended } = queriesAndKeys(backend, normed, params.qkv, view, style.heads);
  const attended = attention(backend, { q, kv, ranges: appended?.ranges ?? ranges!, offsets }, style.heads);
  const output = (residual?: T) => linear(backend, attended, params.out, { residual, offsets });
  const residual = addResidual(backend, x, noise, "attention", output);
  const h = norm(backend, residual, params.mlpNorm, style.norm, offsets);
  const { y, routed } = feedForward(backend, { h, residual, offsets, noise }, params.mlp, style);
  return { x: y, kv, appended, routed };
}

/** Rotated queries, and the keys and values to attend to: own, cached, shared (then not computed at all), or shared and refreshed. */
function queriesAndKeys<T extends Tensor>(
  backend: Backend<T>,
  h: T,
  qkv: T,
  { positions, offsets, table, shared, cache }: View<T>,
  heads: Heads,
): { q: T; kv: T; appended?: Appended<T> } {
  const { H, G, K } = heads;
  const queries = () => {
    const x = linear(backend, h, qkv, { offsets, rows: [0, H * K] });
    return rope(backend, { x, positions, table, offsets }, { H, G: 0, K }).q;
  };
  if (shared && !shared.replaced) return { q: queries(), kv: shared.kv };
  if (cache?.writers) {
    const { rows, ...written } = cache.writers;
    const writing = gather(backend, h, rows, written.offsets);
    const x = linear(backend, writing, qkv, { offsets: written.offsets, rows: [H * K, (H + 2 * G) * K] });
    const appended = cache.append(rope(backend, { x, table, ...written }, { H: 0, G, K }).kv, written.offsets);
    return { q: queries(), kv: appended.kv, appended };
  }
  const own = rope(backend, { x: linear(backend, h, qkv, { offsets }), positions, table, offsets }, heads);
  if (cache) {
    const appended = cache.append(own.kv, offsets);
    return { q: own.q, kv: appended.kv, appended };
  }
  if (!shared) return own;
  return { q: own.q, kv: scatterRows(backend, { x: shared.kv, y: own.kv, rows: shared.replaced!, offsets }) };
}
