/**
 * One transformer layer, for decoder and encoder alike: pre-norm attention and feed-forward, each with a residual add.
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import { attention } from "../ops/attention.ts";
import { linear } from "../ops/linear.ts";
import { normLinear } from "../ops/norm_linear.ts";
import type { Heads } from "../ops/rope.ts";
import type { Routed } from "../ops/router.ts";
import { gather } from "../ops/rows.ts";
import { feedForward, type FeedForwardStyle } from "./feed_forward.ts";
import { type LayerKeys, type ProjectedRows, queriesAndKeys } from "./kv.ts";
import { addResidual, type Noise } from "./noise.ts";
import type { LayerParams } from "./parameters.ts";

/** What is fixed for all layers of a model. */
export interface LayerStyle extends FeedForwardStyle {
  /** Heads of the attention. */
  readonly heads: Heads;
}

/** The rows that a layer runs on, and the keys and values that they attend to. */
export interface View<T> extends LayerKeys<T> {
  /** Original positions, [M] i32. */
  readonly positions: T;
  /** First row of each sequence, [B+1] i32; the last is the number of live rows. */
  readonly offsets: T;
  /** RoPE's cosines and sines, [T, K]. */
  readonly table: T;
  /** In training. */
  readonly noise?: Noise<T>;
}

/** Outputs of a layer. */
export interface LayerResult<T> {
  /** Residual stream, [M, D]. */
  readonly x: T;
  /** Keys (rotated) and values that were attended to, [rows, 2·G·K]. */
  readonly kv: T;
  /** Chosen experts, where the layer has some. */
  readonly routed?: Routed<T>;
}

/** x += Wo·attention(norm(x)); x += FFN(norm(x)) (docs/mor.md, "Base layer"). x [M, D] → [M, D]. */
export function layer<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  { attentionNorm, qkv, out, mlpNorm, mlp }: LayerParams<T>,
  view: View<T>,
  style: LayerStyle,
): LayerResult<T> {
  const { positions, offsets, table, ranges, noise } = view;
  const project: ProjectedRows<T>["project"] = (columns, list) => {
    const input = { x: list ? gather(backend, x, list.rows!, list.offsets) : x, offsets: list?.offsets ?? offsets };
    if (!attentionNorm) return linear(backend, input.x, qkv, { offsets: input.offsets, rows: columns });
    return normLinear(backend, { ...input, weight: attentionNorm, w: qkv, rows: columns }, style.norm);
  };
  const { q, kv } = queriesAndKeys(backend, { positions, offsets, table, project }, view, style.heads);
  const attended = attention(backend, { q, kv, ranges, offsets }, style.heads);
  const output = (residual?: T) => linear(backend, attended, out, { residual, offsets });
  const residual = addResidual(backend, x, noise, "attention", output);
  const { y, routed } = feedForward(backend, { x: residual, weight: mlpNorm, offsets, noise }, mlp, style);
  return { x: y, kv, routed };
}
