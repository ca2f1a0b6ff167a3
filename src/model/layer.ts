/**
 * One transformer layer, for decoder and encoder alike: pre-norm attention and feed-forward, each with a residual add.
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import { attention } from "../ops/attention.ts";
import { linear } from "../ops/linear.ts";
import { normLinear } from "../ops/norm_linear.ts";
import { type Heads, rope, ropeWrite } from "../ops/rope.ts";
import type { Routed } from "../ops/router.ts";
import { gather, scatterRows } from "../ops/rows.ts";
import { feedForward, type FeedForwardStyle } from "./feed_forward.ts";
import { addResidual, type Noise } from "./noise.ts";
import type { LayerParams } from "./parameters.ts";

/** What is fixed for all layers of a model. */
export interface LayerStyle extends FeedForwardStyle {
  /** Heads of the attention. */
  readonly heads: Heads;
}

/** Keys and values of earlier rows, kept for later ones. */
export interface KeyCache<T> {
  /** Keys (rotated) and values, [rows, 2·G·K]; written in place. */
  readonly kv: T;
  /** Which of its rows the layer's own become, [M] i32, or those of the `writers`; nowhere below 0. */
  readonly places: T;
  /** Those of the layer's rows that have keys, where others only see what is there (KV sharing at mixed depths). */
  readonly writers?: { readonly rows: T; readonly offsets: T; readonly positions: T };
}

/** The rows a layer works on, and what they see. */
export interface View<T> {
  /** Original positions, [M] i32. */
  readonly positions: T;
  /** Where sequences start, [B+1] i32; the last is the number of live rows. */
  readonly offsets: T;
  /** Visible rows of keys (of the cache, where there is one), [M, 2] i32. */
  readonly ranges: T;
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
  /** How experts were chosen, where the layer has them. */
  readonly routed?: Routed<T>;
}

/** x += Wo·attention(norm(x)); x += FFN(norm(x)) (docs/mor.md, "Base layer"). x [M, D] → [M, D]. */
export function layer<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  params: LayerParams<T>,
  view: View<T>,
  style: LayerStyle,
): LayerResult<T> {
  const { offsets, ranges, noise } = view;
  const { q, kv } = queriesAndKeys(backend, x, params, view, style);
  const attended = attention(backend, { q, kv, ranges, offsets }, style.heads);
  const output = (residual?: T) => linear(backend, attended, params.out, { residual, offsets });
  const residual = addResidual(backend, x, noise, "attention", output);
  const { y, routed } = feedForward(
    backend,
    { x: residual, weight: params.mlpNorm, offsets, noise },
    params.mlp,
    style,
  );
  return { x: y, kv, routed };
}

/** Rotated queries, and the keys and values to attend to: own, cached, shared (then not computed at all), or shared and refreshed. */
function queriesAndKeys<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  { attentionNorm, qkv }: LayerParams<T>,
  { positions, offsets, table, shared, cache }: View<T>,
  { norm, heads }: LayerStyle,
): { q: T; kv: T } {
  const { H, G, K } = heads;
  const project = (x: T, offsets: T, rows?: readonly [from: number, to: number]) =>
    attentionNorm
      ? normLinear(backend, { x, weight: attentionNorm, w: qkv, offsets, rows }, norm)
      : linear(backend, x, qkv, { offsets, rows });
  const queries = () =>
    rope(backend, { x: project(x, offsets, [0, H * K]), positions, table, offsets }, { H, G: 0, K }).q;
  if (shared && !shared.replaced) return { q: queries(), kv: shared.kv };
  if (cache?.writers) {
    const { rows, ...written } = cache.writers;
    const writing = project(gather(backend, x, rows, written.offsets), written.offsets, [H * K, (H + 2 * G) * K]);
    const into = { cache: cache.kv, places: cache.places };
    const { cache: kv } = ropeWrite(backend, { x: writing, table, ...written, ...into }, { H: 0, G, K });
    return { q: queries(), kv };
  }
  const rows = { x: project(x, offsets), positions, table, offsets };
  if (cache) {
    const { q, cache: kv } = ropeWrite(backend, { ...rows, cache: cache.kv, places: cache.places }, heads);
    return { q, kv };
  }
  const own = rope(backend, rows, heads);
  if (!shared) return own;
  return { q: own.q, kv: scatterRows(backend, { x: shared.kv, y: own.kv, rows: shared.replaced!, offsets }) };
}
