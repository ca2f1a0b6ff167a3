/**
 * One transformer layer, for decoder and encoder alike: pre-norm attention and feed-forward, each with a residual add.
 *
 * @module
 */
import type { Backend, Tensor } from "../op.ts";
import { attention } from "../ops/attention.ts";
import { cacheAppend } from "../ops/cache.ts";
import { linear } from "../ops/linear.ts";
import { norm, type NormParams } from "../ops/norm.ts";
import { type Heads, rope } from "../ops/rope.ts";
import type { Routed } from "../ops/router.ts";
import { scatterRows } from "../ops/rows.ts";
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

/** Keys and values of earlier rows, kept for later ones; everything up to a row is seen. */
export interface KeyCache<T> {
  /** B sequences of C rows, [B·C, 2·G·K]; appended to in place. */
  readonly kv: T;
  /** Rows that each sequence has so far, [B] i32. */
  readonly lengths: T;
  /** Rows that a sequence may have. */
  readonly C: number;
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
  /** With a cache: the rows that each sequence has by now, [B] i32, and what the new ones see, [M, 2] i32. */
  readonly appended?: { readonly grown: T; readonly ranges: T };
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
): { q: T; kv: T; appended?: LayerResult<T>["appended"] } {
  const rotate = (x: T, { H, G, K }: Heads) => rope(backend, { x, positions, table, offsets }, { H, G, K });
  if (shared && !shared.replaced) {
    const queries = linear(backend, h, qkv, { offsets, rows: [0, heads.H * heads.K] });
    return { q: rotate(queries, { ...heads, G: 0 }).q, kv: shared.kv };
  }
  const own = rotate(linear(backend, h, qkv, { offsets }), heads);
  if (cache) {
    const { lengths, C } = cache;
    const { cache: kv, ...appended } = cacheAppend(backend, { cache: cache.kv, x: own.kv, offsets, lengths }, C);
    return { q: own.q, kv, appended };
  }
  if (!shared) return own;
  return { q: own.q, kv: scatterRows(backend, { x: shared.kv, y: own.kv, rows: shared.replaced!, offsets }) };
}
