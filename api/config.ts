/**
 * Configurations in the words of `config.json`, in camel case and read-only.
 *
 * @module
 */
import type { DecoderConfig as DecoderSizes } from "../src/model/config/config.ts";
import { decoderJson, parseDecoderConfig } from "../src/model/config/decoder_json.ts";
import type { EncoderConfig as EncoderSizes } from "../src/model/config/encoder_config.ts";
import { encoderJson, parseEncoderConfig } from "../src/model/config/encoder_json.ts";
import type { Json } from "../src/model/config/fields.ts";

/** An object of `config.json`, its keys in camel case. */
export type ConfigObject = Readonly<Record<string, unknown>>;

/** What decoders and encoders have in common. */
export interface CommonConfig {
  /** `model_type`: the class of the model. */
  readonly modelType: string;
  /** `hidden_size`: width of the residual stream. */
  readonly hiddenSize: number;
  /** `intermediate_size`: width of the feed-forward. */
  readonly intermediateSize: number;
  /** `vocab_size`: tokens of the vocabulary. */
  readonly vocabSize: number;
  /** `num_attention_heads`: query heads. */
  readonly numAttentionHeads: number;
  /** `num_hidden_layers`: unrolled layers. */
  readonly numHiddenLayers: number;
  /** `max_position_embeddings`: tokens of a sequence at most. */
  readonly maxPositionEmbeddings: number;
  /** `tie_word_embeddings`: whether the head is the embedding. */
  readonly tieWordEmbeddings: boolean;
  /** `rope_parameters`: rotary position embedding, as Transformers 5 writes it. */
  readonly ropeParameters: ConfigObject;
}

/** LoRA experts (arXiv 2512.12880). */
export interface ExpertsConfig {
  /** `num_experts`: experts. */
  readonly numExperts: number;
  /** `top_k`: experts of a token. */
  readonly topK: number;
  /** `lora_rank`: rank of an update. */
  readonly loraRank: number;
  /** `lora_alpha`: updates are scaled by alpha / rank. */
  readonly loraAlpha: number;
  /** `norm_top_k`: whether the chosen weights are divided by their sum. */
  readonly normTopK: boolean;
  /** `mol_mix`: the mixture is over the experts' outputs or their weights. */
  readonly molMix: "output" | "weight";
}

/** How the recursions of a decoder run (arXiv 2507.10524). */
export interface RecursionSettings {
  /** `num_recursions`: recursions at most, N_r. */
  readonly numRecursions: number;
  /** `sharing`: which layers share weights (table 1). */
  readonly sharing: DecoderSizes["recursion"]["sharing"];
  /** `routing`: whether recursions choose tokens (`expert`), tokens choose a depth (`token`), or all run all. */
  readonly routing: DecoderSizes["recursion"]["routing"];
  /** `router`: one matrix, or two around a gelu. */
  readonly router: DecoderSizes["recursion"]["router"];
  /** `gate`: from router scores to gates. */
  readonly gate: DecoderSizes["recursion"]["gate"];
  /** `alpha`: factor of the gate. */
  readonly alpha: number;
  /** `capacity`: share of the tokens that each recursion keeps; (N − r + 1)/N where it is absent. */
  readonly capacity?: readonly number[];
  /** `kv`: where keys and values come from (§2.2.2). */
  readonly kv: DecoderSizes["recursion"]["kv"];
  /** `auxiliary_router`: whether a second router decides at inference. */
  readonly auxiliaryRouter: boolean;
  /** `balancing`: token-choice is balanced by a loss or by a bias. */
  readonly balancing: DecoderSizes["recursion"]["balancing"];
}

/** Configuration of a {@link Decoder}. */
export interface DecoderConfig extends CommonConfig {
  /** `num_key_value_heads`: key/value heads. */
  readonly numKeyValueHeads: number;
  /** `head_dim`: width of a head. */
  readonly headDim: number;
  /** `rms_norm_eps`: ε of the norms. */
  readonly rmsNormEps: number;
  /** `bos_token_id`: first token of a text. */
  readonly bosTokenId: number | null;
  /** `eos_token_id`: tokens that end a text. */
  readonly eosTokenId: number | readonly number[] | null;
  /** `recursion`: absent in plain Llamas. */
  readonly recursion?: RecursionSettings;
  /** `mol`: LoRA experts in some unique layers. */
  readonly mol?: ExpertsConfig & { readonly layers: readonly number[] };
  /** `loss_coefficients`: factors of the training losses. */
  readonly lossCoefficients?: Readonly<Record<"routerAux" | "routerZ" | "routerBalance" | "molBalance", number>>;
}

/** Configuration of an {@link Encoder}; experts and groups are ModernALBERT's. */
export interface EncoderConfig extends CommonConfig, Partial<ExpertsConfig> {
  /** `pad_token_id`: padding. */
  readonly padTokenId: number;
  /** `mask_token_id`: the mask. */
  readonly maskTokenId?: number;
  /** `layer_types`: ModernBERT's kind of attention of each layer. */
  readonly layerTypes?: readonly string[];
  /** `local_attention`: rows of the window of ModernBERT's local layers. */
  readonly localAttention?: number;
  /** `embedding_size`: width of the factorised embedding. */
  readonly embeddingSize?: number;
  /** `group_depth`: consecutive layers that share all parameters. */
  readonly groupDepth?: number;
  /** `mol_groups`: groups with experts. */
  readonly molGroups?: readonly number[];
  /** `expert_intermediate_size`: width of the feed-forward of those groups. */
  readonly expertIntermediateSize?: number;
}

/** Renames the keys of a JSON value, and freezes it with all nested values. */
function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item) => renamed(item, rename)));
  const given = Object.entries(value).filter(([, item]) => item !== undefined);
  const entries = given.map(([key, item]) => [rename(key), renamed(item, rename)]);
  return Object.freeze(Object.fromEntries(entries));
}

const camel = (json: unknown) => renamed(json, (key) => key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()));
const snake = (words: unknown) => renamed(words, (key) => key.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`));

/** A decoder's configuration in words. */
export const decoderWords = (config: DecoderSizes): DecoderConfig => camel(decoderJson(config)) as DecoderConfig;

/** An encoder's configuration in words. */
export const encoderWords = (config: EncoderSizes): EncoderConfig => camel(encoderJson(config)) as EncoderConfig;

/** The configuration that words say. */
export const decoderOf = (words: DecoderConfig): DecoderSizes => parseDecoderConfig(snake(words) as Json);

/** The configuration that words say. */
export const encoderOf = (words: EncoderConfig): EncoderSizes => parseEncoderConfig(snake(words) as Json);
