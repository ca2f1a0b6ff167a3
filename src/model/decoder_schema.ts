/**
 * Parameters of a decoder, under their checkpoint names (docs/mor.md, "Checkpoint names").
 *
 * @module
 */
import type { DecoderConfig } from "./config/config.ts";
import { joined, type LayerParams, molSchema, type Parameter, parameter } from "./parameters.ts";
import { uniqueLayers } from "./config/sharing.ts";

/** A router: one matrix, or two around an activation. */
export interface RouterParams<T> {
  /** First matrix of an mlp router, [2D or 4D, D]. */
  readonly hidden?: T;
  /** Last (or only) matrix, [1 or N, …]. */
  readonly out: T;
}

/** Parameters of a decoder. */
export interface DecoderParams<T> {
  /** [V, D]. */
  readonly embedding: T;
  /** Unique layers. */
  readonly layers: readonly LayerParams<T>[];
  /** One router per recursion (expert-choice), one in all (token-choice), or none. */
  readonly routers: readonly RouterParams<T>[];
  /** Expert-choice: the routers that decide at inference, where they are not the others, one per recursion. */
  readonly auxiliaryRouters?: readonly RouterParams<T>[];
  /** Token-choice: added to the probabilities when the depth is chosen, [N]. */
  readonly routerBias?: T;
  /** Final norm, [D]. */
  readonly norm: T;
  /** Head where it is not the embedding, [V, D]. */
  readonly head?: T;
}

function layerSchema(config: DecoderConfig, u: number): LayerParams<Parameter> {
  const { D, F, H, G, K, mol } = config;
  const prefix = `model.layers.${u}`;
  const attention = `${prefix}.self_attn`;
  return {
    attentionNorm: parameter(`${prefix}.input_layernorm.weight`, [D], "ones"),
    qkv: joined([
      [`${attention}.q_proj.weight`, H * K],
      [`${attention}.k_proj.weight`, G * K],
      [`${attention}.v_proj.weight`, G * K],
    ], [D]),
    out: parameter(`${attention}.o_proj.weight`, [D, H * K]),
    mlpNorm: parameter(`${prefix}.post_attention_layernorm.weight`, [D], "ones"),
    mlp: {
      gateUp: joined([[`${prefix}.mlp.gate_proj.weight`, F], [`${prefix}.mlp.up_proj.weight`, F]], [D]),
      down: parameter(`${prefix}.mlp.down_proj.weight`, [D, F]),
      mol: mol?.layers.includes(u) ? molSchema(`${prefix}.mlp`, mol, D, F) : undefined,
    },
  };
}

function routerSchema(
  { D, recursion: { router } }: DecoderConfig,
  name: string,
  outputs: number,
): RouterParams<Parameter> {
  if (router === "linear") return { out: parameter(`${name}.weight`, [outputs, D]) };
  const width = (router === "mlp" ? 2 : 4) * D;
  return { hidden: parameter(`${name}.0.weight`, [width, D]), out: parameter(`${name}.2.weight`, [outputs, width]) };
}

/** Routers that learn apart from the model. */
function auxiliarySchema(config: DecoderConfig, name: string): RouterParams<Parameter>[] {
  const apart = (leaf: Parameter): Parameter => ({ ...leaf, auxiliary: true });
  return Array.from({ length: config.recursion.N }, (_, r) => {
    const { hidden, out } = routerSchema(config, `${name}.${r}`, 1);
    return { hidden: hidden && apart(hidden), out: apart(out) };
  });
}

/**
 * Schema of a decoder: shapes, checkpoint names and initial values of all its parameters.
 *
 * ```ts
 * import { countParameters, decoderPreset, decoderSchema } from "@refrain/transformers/model";
 * const parameters = countParameters(decoderSchema(decoderPreset("smollm-135m")));
 * ```
 */
export function decoderSchema(config: DecoderConfig): DecoderParams<Parameter> {
  const { D, V, tied, recursion: { routing, N, bias, auxiliary } } = config;
  const recursion = "model.recursion";
  return {
    embedding: parameter("model.embed_tokens.weight", [V, D]),
    layers: Array.from({ length: uniqueLayers(config) }, (_, u) => layerSchema(config, u)),
    routers: routing === "expert"
      ? Array.from({ length: N }, (_, r) => routerSchema(config, `${recursion}.routers.${r}`, 1))
      : routing === "token"
      ? [routerSchema(config, `${recursion}.router`, N)]
      : [],
    auxiliaryRouters: auxiliary ? auxiliarySchema(config, `${recursion}.auxiliary_routers`) : undefined,
    routerBias: bias ? parameter(`${recursion}.router_bias`, [N], "zeros") : undefined,
    norm: parameter("model.norm.weight", [D], "ones"),
    head: tied ? undefined : parameter("lm_head.weight", [V, D]),
  };
}
