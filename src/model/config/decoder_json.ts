/**
 * `config.json` of a decoder: Llama's fields, and `recursion`, `mol` and `loss_coefficients` (docs/mor.md, "Checkpoint
 * names").
 *
 * @module
 */
import type { DecoderConfig, RecursionConfig } from "./config.ts";
import { show } from "../../common/words.ts";
import { Fields, type Json, MOST_LAYERS } from "./fields.ts";
import { withClassKeys } from "./keys/keep.ts";
import { configFields, type ReadingOptions } from "./keys/read.ts";
import type { KeyRules } from "./keys/rule.ts";
import { keyTables } from "./keys/tables.ts";
import { writeMol } from "./mol_config.ts";
import { readDecoderMol, readLosses, readRecursion } from "./recursion_json.ts";
import { readRope, ropeObjects, ropeParameters, ropeScaling } from "./rope_json.ts";
import { blockLayers, outerLayers, uniqueLayers } from "./sharing.ts";
import { classId, readId, readIds } from "./token_ids.ts";

/** Settings that override the file in {@link parseDecoderConfig}. */
export interface DecoderReading extends ReadingOptions {
  /** Replaces the file's `recursion`. */
  readonly recursion?: Json;
  /** Whether the head shares the embedding's weights. */
  readonly tied?: boolean;
  /** Whether token-choice has a bias. */
  readonly bias?: boolean;
}

/**
 * Reads a decoder's configuration by the table of its model type (`keyTables`): plain Llamas and recursive ones. Options
 * have priority over the file.
 *
 * Throws a RangeError that names the field, the value and what was expected.
 */
export function parseDecoderConfig(json: Json, options: DecoderReading = {}): DecoderConfig {
  const { type, fields } = configFields(json, ["llama", "mor", "refrain"], "mor", options);
  const D = fields.count("hidden_size");
  const H = fields.count("num_attention_heads");
  const G = fields.count("num_key_value_heads", H);
  fields.check(H % G === 0, () => `${H} query heads do not share ${G} key/value heads evenly`);
  fields.check(fields.has("head_dim") || D % H === 0, () => `hidden_size ${D} does not divide by ${H} heads`);
  const K = fields.count("head_dim", D / H);
  fields.check(K % 2 === 0, () => `head width ${K} is odd, rotary embedding needs an even one`);
  const L = fields.count("num_hidden_layers", undefined, MOST_LAYERS);
  const kinds = fields.value("layer_types");
  const full = Array.isArray(kinds) && kinds.length === L && kinds.every((kind) => kind === "full_attention");
  fields.check(
    kinds === undefined || full,
    () => `${fields.path}.layer_types is ${show(kinds)}, expected ${L} of full_attention`,
    "layer_types",
  );
  const part = (key: string) => fields.object(key) ?? new Fields({}, `${fields.path}.${key}`);
  const given = options.recursion ? new Fields(options.recursion, "recursion") : part("recursion");
  const recursion = readRecursion(given, L, options.bias);
  const V = fields.count("vocab_size");
  return {
    D,
    F: fields.count("intermediate_size"),
    V,
    H,
    G,
    K,
    L,
    eps: fields.number("rms_norm_eps", undefined, { fraction: true }),
    rope: readRope({ fields, objects: ropeObjects(fields), thetaKey: "rope_theta", theta: 10000 }),
    maxPositions: fields.count("max_position_embeddings"),
    tied: options.tied ?? fields.flag("tie_word_embeddings", true),
    recursion,
    mol: readDecoderMol(fields, uniqueLayers({ L, recursion })),
    losses: readLosses(part("loss_coefficients"), recursion),
    ...readEnds(new Fields(json, fields.path, fields.action, fields.faults), keyTables[type].keys, V),
  };
}

/** Begin and end tokens from config.json or its class. */
function readEnds(given: Fields, keys: KeyRules, V: number): Pick<DecoderConfig, "bos" | "eos"> {
  const fallback = (name: string) => classId(given, name, keys[`${name}_token_id`].fallback, V);
  const end = fallback("eos");
  return {
    bos: readId(given, "bos", V) ?? fallback("bos"),
    eos: readIds(given, "eos", V) ?? (end === undefined ? [] : [end]),
  };
}

/** Keys of Llama's class that do not determine the model, with values without effect. */
const CLASS_KEYS: Json = {
  hidden_act: "silu",
  attention_bias: false,
  mlp_bias: false,
  attention_dropout: 0,
  initializer_range: 0.02,
  pretraining_tp: 1,
  use_cache: true,
  pad_token_id: null,
};

/**
 * Writes a decoder's configuration, complete for readers of Transformers 4 and 5, so that {@link parseDecoderConfig} reads the same. Keys of `source`, the config.json that the
 * model was read from, stay as they are where the model is not built from them.
 *
 * ```ts
 * import { decoderJson, decoderPreset } from "@refrain/transformers/model";
 * const json = decoderJson(decoderPreset("smollm-135m"), { task_specific_params: { prompt: "" } });
 * ```
 */
export function decoderJson(config: DecoderConfig, source: Json = {}): Record<string, unknown> {
  const { recursion, mol, losses, rope, eos } = config;
  const { N, bias: _, auxiliary, ...rest } = recursion;
  const plain = recursion.sharing === "none" && recursion.routing === "none" && !mol;
  const training = Object.values(losses).some((factor) => factor !== 0);
  return {
    ...withClassKeys(CLASS_KEYS, source),
    architectures: [plain ? "LlamaForCausalLM" : "MoRForCausalLM"],
    model_type: plain ? "llama" : "mor",
    hidden_size: config.D,
    intermediate_size: config.F,
    vocab_size: config.V,
    num_attention_heads: config.H,
    num_key_value_heads: config.G,
    head_dim: config.K,
    num_hidden_layers: config.L,
    rms_norm_eps: config.eps,
    rope_theta: rope.theta,
    rope_scaling: ropeScaling(rope.scaling),
    rope_parameters: ropeParameters(rope),
    max_position_embeddings: config.maxPositions,
    tie_word_embeddings: config.tied,
    bos_token_id: config.bos ?? null,
    eos_token_id: eos.length > 1 ? eos : eos[0] ?? null,
    ...(plain && isDefault(recursion)
      ? {}
      : { recursion: { num_recursions: N, auxiliary_router: auxiliary, ...rest } }),
    ...(mol ? { mol: { layers: mol.layers, ...writeMol(mol) } } : {}),
    ...(plain && !training ? {} : {
      loss_coefficients: {
        router_aux: losses.routerAux,
        router_z: losses.routerZ,
        router_balance: losses.routerBalance,
        mol_balance: losses.molBalance,
      },
    }),
  };
}

/** Whether the defaults are equal to these settings. */
function isDefault({ router, gate, alpha, capacity, kv, balancing }: RecursionConfig): boolean {
  const usual = router === "linear" && gate === "sigmoid" && alpha === 0.1 && kv === "recursion";
  return usual && balancing === "loss" && !capacity;
}

/** The numbers of block layers and outer layers in words, for messages. */
export function describeSharing(config: DecoderConfig): string {
  const { recursion: { sharing, N }, L } = config;
  const outer = outerLayers(sharing);
  return sharing === "none"
    ? `${L} layers`
    : `${outer ? "1+" : ""}${blockLayers(config)}×${N}${outer ? "+1" : ""} layers`;
}
