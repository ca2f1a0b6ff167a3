/**
 * `config.json` of an encoder: ModernALBERT as published (mol.md §1) and ModernBERT.
 *
 * @module
 */
import type { EncoderConfig } from "./encoder_config.ts";
import { Fields, type Json, MOST_LAYERS } from "./fields.ts";
import { readMol, writeMol } from "./mol_config.ts";

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** Reads an encoder's configuration. Throws a RangeError that names the field, the value and what was expected. */
export function parseEncoderConfig(json: Json): EncoderConfig {
  const fields = new Fields(json, "config");
  const naming = fields.choice("model_type", ["modernalbert", "modernbert"], "modernalbert");
  for (const key of ["attention_bias", "mlp_bias", "norm_bias", "classifier_bias"]) fields.only(key, false);
  for (const key of ["hidden_act", "hidden_activation"]) fields.only(key, "gelu");
  const D = fields.count("hidden_size");
  const H = fields.count("num_attention_heads");
  fields.check(D % H === 0, () => `hidden_size ${D} does not divide by ${H} heads`);
  fields.check(D / H % 2 === 0, () => `head width ${D / H} is odd, rotary embedding needs an even one`);
  const common = {
    D,
    H,
    K: D / H,
    V: fields.count("vocab_size"),
    L: fields.count("num_hidden_layers", undefined, MOST_LAYERS),
    naming,
    maxPositions: fields.count("max_position_embeddings", 8192),
    pad: fields.number("pad_token_id", 0),
  };
  return naming === "modernbert" ? readModernBert(fields, common) : readModernAlbert(fields, common);
}

type Common = Pick<EncoderConfig, "D" | "H" | "K" | "V" | "L" | "naming" | "maxPositions" | "pad">;

function readModernAlbert(fields: Fields, common: Common): EncoderConfig {
  const { D, L } = common;
  const groupDepth = fields.count("group_depth", 1);
  fields.check(L % groupDepth === 0, () => `${L} layers do not divide into groups of ${groupDepth}`);
  const groups = L / groupDepth;
  const modules = fields.number("num_expert_modules", 0, { most: groups });
  const wideGroups = [
    ...new Set(fields.numbers("mol_groups", { most: groups - 1 }) ?? range(groups - modules, groups)),
  ];
  const F = fields.count("intermediate_size");
  const expertF = fields.count("expert_intermediate_size", F);
  const experts = wideGroups.length > 0 && fields.number("num_experts") > 0;
  const J = fields.count("embedding_size", D);
  return {
    ...common,
    J,
    groupDepth,
    F: range(0, groups).map((group) => wideGroups.includes(group) ? expertF : F),
    factorised: true,
    firstNormIdentity: false,
    mol: experts ? readMol(fields, wideGroups) : undefined,
    wideGroups,
    eps: fields.number("layer_norm_eps", 1e-6, { fraction: true }),
    theta: fields.number("rope_theta", 160000, { fraction: true, least: 1 }),
    dropout: fields.number("dropout", 0, { most: 0.99, fraction: true }),
    balanceCoefficient: fields.number("load_balancing_loss_coef", 0, { fraction: true }),
  };
}

function readModernBert(fields: Fields, common: Common): EncoderConfig {
  fields.only("decoder_bias", true);
  fields.only("position_embedding_type", "absolute", "rope");
  fields.only("rope_scaling");
  const window = fields.number("local_attention", 128, { least: -1 });
  fields.check(window !== 0 && window !== 1, () => `config.local_attention is ${window}, expected -1 or at least 2`);
  const every = fields.count("global_attn_every_n_layers", 3);
  return {
    ...common,
    J: common.D,
    groupDepth: 1,
    F: range(0, common.L).map(() => fields.count("intermediate_size")),
    factorised: false,
    firstNormIdentity: true,
    local: window > 0
      ? {
        every,
        window: Math.floor(window / 2),
        theta: fields.number("local_rope_theta", 10000, { fraction: true, least: 1 }),
      }
      : undefined,
    wideGroups: [],
    eps: fields.number("norm_eps", 1e-5, { fraction: true }),
    theta: fields.number("global_rope_theta", 160000, { fraction: true, least: 1 }),
    dropout: 0,
    balanceCoefficient: 0,
  };
}

/** Writes an encoder's configuration so that {@link parseEncoderConfig} reads the same. */
export function encoderJson(config: EncoderConfig): Record<string, unknown> {
  const { naming, local, mol, wideGroups, F } = config;
  const common = {
    model_type: naming,
    hidden_size: config.D,
    num_attention_heads: config.H,
    num_hidden_layers: config.L,
    vocab_size: config.V,
    max_position_embeddings: config.maxPositions,
    pad_token_id: config.pad,
  };
  if (naming === "modernbert") {
    return {
      architectures: ["ModernBertForMaskedLM"],
      ...common,
      intermediate_size: F[0],
      hidden_activation: "gelu",
      norm_eps: config.eps,
      global_rope_theta: config.theta,
      ...(local
        ? {
          local_attention: 2 * local.window,
          local_rope_theta: local.theta,
          global_attn_every_n_layers: local.every,
        }
        : { local_attention: -1 }),
    };
  }
  const plain = F.find((_, group) => !wideGroups.includes(group));
  return {
    architectures: ["ModernAlbertForMaskedLM"],
    ...common,
    intermediate_size: plain ?? F[0],
    expert_intermediate_size: F[wideGroups[0] ?? 0],
    embedding_size: config.J,
    group_depth: config.groupDepth,
    num_expert_modules: wideGroups.length,
    mol_groups: wideGroups,
    hidden_act: "gelu",
    layer_norm_eps: config.eps,
    rope_theta: config.theta,
    dropout: config.dropout,
    load_balancing_loss_coef: config.balanceCoefficient,
    ...(mol ? writeMol(mol) : { num_experts: 0 }),
  };
}
