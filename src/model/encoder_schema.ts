/**
 * Parameters of an encoder, under their checkpoint names (docs/mol.md, "Checkpoint names") or ModernBERT's.
 *
 * @module
 */
import type { EncoderConfig } from "./config/encoder_config.ts";
import { type LayerParams, molSchema, type Parameter, parameter } from "./parameters.ts";

/** Parameters of an encoder. */
export interface EncoderParams<T> {
  /** [V, J]. */
  readonly embedding: T;
  /** Norm of the embeddings, [J]. */
  readonly embeddingNorm: T;
  /** From J to D, [D, J]; absent where embeddings are not factorised. */
  readonly projection?: T;
  /** One layer a group. */
  readonly groups: readonly LayerParams<T>[];
  /** Final norm, [D]. */
  readonly norm: T;
  /** Masked-language head. */
  readonly head: {
    /** [J, D]. */
    readonly dense: T;
    /** [J]. */
    readonly norm: T;
    /** Last matrix where it is not the embedding, [V, J]. */
    readonly decoder?: T;
    /** [V]. */
    readonly bias: T;
  };
}

function groupSchema(config: EncoderConfig, g: number, prefix: string): LayerParams<Parameter> {
  const { D, mol } = config;
  const F = config.F[g];
  return {
    attentionNorm: g === 0 && config.firstNormIdentity
      ? undefined
      : parameter(`${prefix}.attn_norm.weight`, [D], "ones"),
    qkv: parameter(`${prefix}.attn.Wqkv.weight`, [3 * D, D]),
    out: parameter(`${prefix}.attn.Wo.weight`, [D, D]),
    mlpNorm: parameter(`${prefix}.mlp_norm.weight`, [D], "ones"),
    mlp: {
      gateUp: parameter(`${prefix}.mlp.Wi.weight`, [2 * F, D]),
      down: parameter(`${prefix}.mlp.Wo.weight`, [D, F]),
      mol: mol?.layers.includes(g) ? molSchema(`${prefix}.mlp`, mol, D, F) : undefined,
    },
  };
}

/** Schema of an encoder: shapes, checkpoint names and initial values of all its parameters. */
export function encoderSchema(config: EncoderConfig): EncoderParams<Parameter> {
  const { D, J, V, F, naming, factorised, tied } = config;
  const model = naming === "modernbert" ? "model." : "";
  const group = (g: number) => naming === "modernbert" ? `model.layers.${g}` : `groups.${g}`;
  return {
    embedding: parameter(`${model}embeddings.tok_embeddings.weight`, [V, J]),
    embeddingNorm: parameter(`${model}embeddings.norm.weight`, [J], "ones"),
    projection: factorised ? parameter("embeddings.projection.weight", [D, J]) : undefined,
    groups: F.map((_, g) => groupSchema(config, g, group(g))),
    norm: parameter(`${model}final_norm.weight`, [D], "ones"),
    head: {
      dense: parameter("head.dense.weight", [J, D]),
      norm: parameter("head.norm.weight", [J], "ones"),
      decoder: tied ? undefined : parameter("decoder.weight", [V, J]),
      bias: parameter("decoder.bias", [V], "zeros"),
    },
  };
}
