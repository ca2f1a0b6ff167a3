/**
 * `config.json` of an encoder: ModernALBERT as published (docs/mol.md, "Checkpoint names") and ModernBERT.
 *
 * @module
 */
import type { EncoderConfig } from "./encoder_config.ts";
import { Fields, type Json, MOST_LAYERS } from "./fields.ts";
import { withClassKeys } from "./keys/keep.ts";
import { configFields, type ReadingOptions } from "./keys/read.ts";
import { keyTables } from "./keys/tables.ts";
import { readMol, writeMol } from "./mol_config.ts";
import { readAttention, writeAttention } from "./modernbert_json.ts";
import { readRope, ropeObjects, ropeParameters, ropeScaling } from "./rope_json.ts";
import { classId, readId, type SpecialIds, specialNames } from "./token_ids.ts";

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** Options of {@link parseEncoderConfig}. */
export interface EncoderReading extends ReadingOptions {
  /** The tokenizer's ids, for tokens without an id in the file and its class. */
  readonly ids?: Partial<SpecialIds>;
}

/**
 * Reads an encoder's configuration by the table of its model type (`keyTables`). Throws a RangeError that names the field,
 * the value and what was expected.
 */
export function parseEncoderConfig(json: Json, options: EncoderReading = {}): EncoderConfig {
  const { type: naming, fields } = configFields(json, ["modernalbert", "modernbert"], "modernalbert", options);
  const D = fields.count("hidden_size");
  const H = fields.count("num_attention_heads");
  fields.check(D % H === 0, () => `hidden_size ${D} does not divide by ${H} heads`);
  const K = fields.count("head_dim", D / H);
  fields.check(K === D / H, () => `head_dim ${K} is not hidden_size ${D} / ${H} heads`, "head_dim");
  fields.check(K % 2 === 0, () => `head width ${K} is odd, rotary embedding needs an even one`);
  const V = fields.count("vocab_size");
  const common = {
    D,
    H,
    K,
    V,
    L: fields.count("num_hidden_layers", undefined, MOST_LAYERS),
    naming,
    maxPositions: fields.count("max_position_embeddings"),
    tied: fields.flag("tie_word_embeddings", true),
    ids: readSpecialIds(new Fields(json, fields.path, fields.action, fields.faults), naming, V, options.ids),
  };
  return naming === "modernbert" ? readModernBert(fields, common) : readModernAlbert(fields, common);
}

/** Ids from the file, its class or the tokenizer; ModernBERT's class has all five, other classes fall back to the padding. */
function readSpecialIds(given: Fields, type: EncoderConfig["naming"], V: number, others: Partial<SpecialIds> = {}) {
  const { keys } = keyTables[type];
  const id = (name: typeof specialNames[number]) =>
    readId(given, name, V) ?? classId(given, name, keys[`${name}_token_id`].fallback, V) ?? others[name];
  const pad = id("pad") ?? 0;
  const rest = specialNames.map((name) => [name, id(name) ?? (type === "modernbert" ? pad : undefined)] as const);
  return { ...Object.fromEntries(rest.filter(([, id]) => id !== undefined)), pad };
}

type Common = Pick<EncoderConfig, "D" | "H" | "K" | "V" | "L" | "naming" | "maxPositions" | "tied" | "ids">;

function readModernAlbert(fields: Fields, common: Common): EncoderConfig {
  const { D, L } = common;
  const groupDepth = fields.count("group_depth");
  fields.check(L % groupDepth === 0, () => `${L} layers do not divide into groups of ${groupDepth}`);
  const groups = L / groupDepth;
  const modules = fields.number("num_expert_modules", undefined, { most: groups });
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
    eps: fields.number("layer_norm_eps", undefined, { fraction: true }),
    rope: readRope({ fields, objects: ropeObjects(fields), thetaKey: "rope_theta", theta: 160000 }),
    dropout: fields.number("dropout", undefined, { most: 0.99, fraction: true }),
    balanceCoefficient: fields.number("load_balancing_loss_coef", undefined, { fraction: true }),
  };
}

function readModernBert(fields: Fields, common: Common): EncoderConfig {
  return {
    ...common,
    ...readAttention(fields, common.L),
    J: common.D,
    groupDepth: 1,
    F: range(0, common.L).map(() => fields.count("intermediate_size")),
    factorised: false,
    firstNormIdentity: true,
    wideGroups: [],
    eps: fields.number("norm_eps", undefined, { fraction: true }),
    dropout: 0,
    balanceCoefficient: 0,
  };
}

/** Keys of ModernBERT's class that do not determine the model, with values without effect. */
const CLASS_KEYS: Json = {
  hidden_activation: "gelu",
  initializer_range: 0.02,
  initializer_cutoff_factor: 2,
  norm_bias: false,
  attention_bias: false,
  attention_dropout: 0,
  embedding_dropout: 0,
  mlp_bias: false,
  mlp_dropout: 0,
  decoder_bias: true,
  classifier_pooling: "cls",
  classifier_dropout: 0,
  classifier_bias: false,
  classifier_activation: "gelu",
  deterministic_flash_attn: false,
  sparse_prediction: false,
  sparse_pred_ignore_index: -100,
};

/**
 * Writes an encoder's configuration, complete for readers of Transformers 4 and 5, so that {@link parseEncoderConfig} reads
 * the same. Keys of `source`, the config.json that the model was read from, stay as they are where the model is not built
 * from them.
 */
export function encoderJson(config: EncoderConfig, source: Json = {}): Record<string, unknown> {
  const { naming, mol, wideGroups, F, rope, ids } = config;
  const common = {
    model_type: naming,
    hidden_size: config.D,
    num_attention_heads: config.H,
    num_hidden_layers: config.L,
    vocab_size: config.V,
    max_position_embeddings: config.maxPositions,
    tie_word_embeddings: config.tied,
    ...Object.fromEntries(Object.entries(ids).map(([name, id]) => [`${name}_token_id`, id])),
  };
  if (naming === "modernbert") {
    return {
      ...withClassKeys(CLASS_KEYS, source),
      architectures: ["ModernBertForMaskedLM"],
      ...common,
      intermediate_size: F[0],
      norm_eps: config.eps,
      ...writeAttention(config, config.L),
    };
  }
  const plain = F.find((_, group) => !wideGroups.includes(group));
  return {
    ...withClassKeys({ hidden_act: "gelu", initializer_range: 0.02 }, source),
    architectures: ["ModernAlbertForMaskedLM"],
    ...common,
    intermediate_size: plain ?? F[0],
    expert_intermediate_size: F[wideGroups[0] ?? 0],
    embedding_size: config.J,
    group_depth: config.groupDepth,
    num_expert_modules: wideGroups.length,
    mol_groups: wideGroups,
    layer_norm_eps: config.eps,
    rope_theta: rope.theta,
    rope_scaling: ropeScaling(rope.scaling),
    rope_parameters: ropeParameters(rope),
    dropout: config.dropout,
    load_balancing_loss_coef: config.balanceCoefficient,
    ...(mol ? writeMol(mol) : { num_experts: 0 }),
  };
}
