/**
 * The encoder: ModernALBERT, and ModernBERT as its case of one layer a group.
 *
 * @module
 */
import { type Backend, remat, type Tensor } from "../op/op.ts";
import { activation } from "../ops/activation.ts";
import { keyRanges } from "../ops/attention.ts";
import { embed } from "../ops/embed.ts";
import { linear } from "../ops/linear.ts";
import { norm } from "../ops/norm.ts";
import type { ExpertUse } from "./decoder.ts";
import type { EncoderConfig } from "./config/encoder_config.ts";
import type { EncoderParams } from "./encoder_schema.ts";
import { layer, type LayerStyle, type View } from "./layer.ts";
import { dropEmbeddings, type Noise } from "./noise.ts";

/** What an encoder reads. */
export interface EncoderInputs<T> {
  /** Token ids, [M] i32. */
  readonly ids: T;
  /** Position of every token in its sequence, [M] i32. */
  readonly positions: T;
  /** Where sequences start, [B+1] i32. */
  readonly offsets: T;
  /** RoPE's cosines and sines of global layers, [T, K]. */
  readonly table: T;
  /** The same for local layers, where the configuration has them. */
  readonly localTable?: T;
  /** In training. */
  readonly noise?: Noise<T>;
}

/** What an encoder computes. */
export interface EncoderOutputs<T> {
  /** After the final norm, [M, D]. */
  readonly hidden: T;
  /** Every use of experts, in order. */
  readonly experts: readonly ExpertUse<T>[];
}

/** Style of an encoder's layers: LayerNorm without bias, GeGLU. */
export function encoderStyle({ eps, H, K, mol }: EncoderConfig): LayerStyle {
  return { norm: { kind: "layer", eps }, heads: { H, G: H, K }, unit: "gelu", mol };
}

/** Runs an encoder over rows of ids (docs/mol.md, "ModernALBERT encoder"). */
export function encode<T extends Tensor>(
  backend: Backend<T>,
  params: EncoderParams<T>,
  config: EncoderConfig,
  { ids, positions, offsets, table, localTable, noise }: EncoderInputs<T>,
): EncoderOutputs<T> {
  const style = encoderStyle(config);
  const M = ids.shape[0];
  const view = (window: number, table: T): View<T> => {
    const ranges = keyRanges(backend, { offsets }, { M, causal: false, window });
    return { positions, offsets, ranges, table };
  };
  const global = view(0, table);
  const local = config.local && view(config.local.window, localTable!);
  const isLocal = new Set(config.local?.layers);
  const embedded = embed(backend, ids, params.embedding, offsets);
  const normed = norm(backend, embedded, params.embeddingNorm, style.norm, offsets);
  const projected = params.projection ? linear(backend, normed, params.projection, { offsets }) : normed;
  let x = dropEmbeddings(backend, projected, noise);
  const experts: ExpertUse<T>[] = [];
  for (let l = 0; l < config.L; l++) {
    const group = Math.floor(l / config.groupDepth);
    const seen = isLocal.has(l) ? local! : global;
    const view = { ...seen, noise: noise && { ...noise, use: noise.use + l } };
    const result = remat(backend, "recursion", () => layer(backend, x, params.groups[group], view, style));
    if (result.routed) experts.push({ layer: group, application: l, rows: { offsets }, routed: result.routed });
    x = result.x;
  }
  return { hidden: norm(backend, x, params.norm, style.norm, offsets), experts };
}

/** Masked-language logits E·layerNorm(gelu(Wd·h)) + bias, with the head's own E where it is untied. hidden [M, D] → [M, V]. */
export function maskedLogits<T extends Tensor>(
  backend: Backend<T>,
  { embedding, head }: EncoderParams<T>,
  config: EncoderConfig,
  hidden: T,
  offsets?: T,
): T {
  const dense = activation(backend, linear(backend, hidden, head.dense, { offsets }), "gelu", offsets);
  const normed = norm(backend, dense, head.norm, encoderStyle(config).norm, offsets);
  return linear(backend, normed, head.decoder ?? embedding, { bias: head.bias, offsets });
}
