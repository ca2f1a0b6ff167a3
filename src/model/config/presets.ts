/**
 * Configurations by name: the four MoR families, SmolLM, ModernALBERT and ModernBERT shapes.
 *
 * @module
 */
import type { Json } from "./fields.ts";
import { nearest } from "../../common/words.ts";
import type { DecoderConfig } from "./config.ts";
import { parseDecoderConfig } from "./decoder_json.ts";
import type { EncoderConfig } from "./encoder_config.ts";
import { parseEncoderConfig } from "./encoder_json.ts";

/** A Llama shape (docs/mor.md, "Base layer"): layers, D, H, G, F, and unrolled layers by N if they differ. */
interface Family {
  readonly layers: number;
  readonly D: number;
  readonly H: number;
  readonly G: number;
  readonly F: number;
  readonly unrolled: Readonly<Record<number, number>>;
}

const FAMILIES: Readonly<Record<string, Family>> = {
  "135m": { layers: 30, D: 576, H: 9, G: 3, F: 1536, unrolled: { 2: 30, 3: 32 } },
  "360m": { layers: 32, D: 960, H: 15, G: 5, F: 2560, unrolled: { 2: 32, 3: 32, 4: 34 } },
  "730m": { layers: 26, D: 1536, H: 24, G: 8, F: 4096, unrolled: { 3: 26 } },
  "1.7b": { layers: 24, D: 2048, H: 32, G: 32, F: 8192, unrolled: { 2: 24, 3: 26 } },
};

function llama({ D, H, G, F }: Family, layers: number): Json {
  return {
    model_type: "llama",
    hidden_size: D,
    intermediate_size: F,
    vocab_size: 49152,
    num_attention_heads: H,
    num_key_value_heads: G,
    num_hidden_layers: layers,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: true,
    max_position_embeddings: 2048,
    bos_token_id: 0,
    eos_token_id: 0,
  };
}

function decoderPresets(): Record<string, Json> {
  const presets: Record<string, Json> = {
    "smollm-135m": llama(FAMILIES["135m"], 30),
    "smollm-360m": llama(FAMILIES["360m"], 32),
  };
  for (const [name, family] of Object.entries(FAMILIES)) {
    presets[`vanilla-${name}`] = llama(family, family.layers);
    for (const [N, layers] of Object.entries(family.unrolled)) {
      presets[`mor-${name}-${N}`] = {
        ...llama(family, layers),
        model_type: "mor",
        recursion: { sharing: "middle_cycle", num_recursions: Number(N), routing: "expert" },
      };
    }
  }
  return presets;
}

/** Published configuration (arXiv 2512.12880); the other sizes below are reconstructions from secondary sources. */
const ALBERT_TINY: Json = {
  model_type: "modernalbert",
  hidden_size: 768,
  intermediate_size: 1152,
  expert_intermediate_size: 2624,
  num_attention_heads: 12,
  num_hidden_layers: 14,
  group_depth: 2,
  num_expert_modules: 2,
  num_experts: 4,
  top_k: 1,
  lora_rank: 16,
  lora_alpha: 32,
  embedding_size: 128,
  vocab_size: 50368,
  layer_norm_eps: 1e-6,
  max_position_embeddings: 8192,
  load_balancing_loss_coef: 0.1,
  pad_token_id: 0,
};

/** What the reconstructions share: ModernBERT-large's widths, top-2 (the paper's main setting), MoL in groups 3 and 4 of 4. */
const ALBERT_WIDE: Json = {
  ...ALBERT_TINY,
  hidden_size: 1024,
  intermediate_size: 2624,
  num_attention_heads: 16,
  top_k: 2,
};

const MODERN_BERT: Json = {
  model_type: "modernbert",
  hidden_size: 768,
  intermediate_size: 1152,
  num_attention_heads: 12,
  num_hidden_layers: 22,
  vocab_size: 50368,
  norm_eps: 1e-5,
  max_position_embeddings: 8192,
  local_attention: 128,
  global_attn_every_n_layers: 3,
  global_rope_theta: 160000,
  local_rope_theta: 10000,
  pad_token_id: 50283,
};

const ENCODERS: Readonly<Record<string, Json>> = {
  "modernalbert-tiny": ALBERT_TINY,
  "modernalbert-medium-reconstruction": { ...ALBERT_WIDE, num_hidden_layers: 16, group_depth: 4 },
  "modernalbert-base-reconstruction": { ...ALBERT_WIDE, num_hidden_layers: 24, group_depth: 6 },
  "modernalbert-large-reconstruction": {
    ...ALBERT_WIDE,
    num_hidden_layers: 24,
    group_depth: 4,
    num_expert_modules: 4,
  },
  "modernbert-base": MODERN_BERT,
  "modernbert-large": {
    ...MODERN_BERT,
    hidden_size: 1024,
    intermediate_size: 2624,
    num_attention_heads: 16,
    num_hidden_layers: 28,
  },
};

/** Names of all decoder presets: `smollm-135m`, `vanilla-360m`, `mor-360m-3`, … */
export const decoderPresetNames: readonly string[] = Object.keys(decoderPresets());

/** Names of all encoder presets; those ending in `-reconstruction` are not published configurations. */
export const encoderPresetNames: readonly string[] = Object.keys(ENCODERS);

/** Content of a preset's config.json; undefined for an unknown name. */
export function presetJson(name: string): Json | undefined {
  const presets = { ...decoderPresets(), ...ENCODERS };
  return Object.hasOwn(presets, name) ? presets[name] : undefined;
}

/** The preset that a name most probably means. */
export function nearestPreset(name: string): string {
  return nearest(name, [...decoderPresetNames, ...encoderPresetNames])!;
}

function find(name: string, names: readonly string[]): Json {
  if (names.includes(name)) return presetJson(name)!;
  throw new RangeError(`Cannot find the preset ${name}: the nearest name is ${nearest(name, names)}`);
}

/** A decoder's configuration by preset name. Throws a RangeError that names the nearest preset. */
export function decoderPreset(name: string): DecoderConfig {
  return parseDecoderConfig(find(name, decoderPresetNames));
}

/** An encoder's configuration by preset name. Throws a RangeError that names the nearest preset. */
export function encoderPreset(name: string): EncoderConfig {
  return parseEncoderConfig(find(name, encoderPresetNames));
}
