/**
 * Keys of Llama (`LlamaConfig`), with the class's defaults.
 *
 * @module
 */
import { commonKeys } from "./common.ts";
import { checked, harmless, type KeyRules, type KeyTable, same, used } from "./rule.ts";

/** Keys of all decoders; sizes without a default. */
export const decoderKeys: KeyRules = {
  ...commonKeys,
  vocab_size: used("tokens of the vocabulary"),
  hidden_size: used("width of the residual stream"),
  intermediate_size: used("width of the feed-forward"),
  num_hidden_layers: used("unrolled layers"),
  num_attention_heads: used("query heads"),
  num_key_value_heads: used("key and value heads; as many as query heads where absent"),
  head_dim: used("width of a head; hidden_size / num_attention_heads where absent"),
  rms_norm_eps: used("ε of the norms", 1e-6),
  max_position_embeddings: used("positions at most", 2048),
  rope_theta: used("base of the rotary angles; 10000 where no spelling gives it"),
  rope_scaling: used("scaling of the rotary frequencies, and their base where it is there"),
  rope_parameters: used("the same since version 5"),
  original_max_position_embeddings: used("positions before stretching, for the scaling llama3"),
  tie_word_embeddings: used("whether the head is the embedding; absent: it is unless lm_head.weight exists"),
  bos_token_id: used("first token of a text; null: none"),
  eos_token_id: used("token or tokens that end a text; null: none"),
  layer_types: used("kinds of layers; full_attention is the only one"),
  recursion: used("sharing, routing and caching of layers"),
  mol: used("mixtures of LoRA experts"),
  loss_coefficients: used("factors of the losses in training"),
  ...checked("another activation than silu is not implemented", ["silu", "swish"], "hidden_act"),
  hidden_activation: same("hidden_act"),
  num_layers: same("num_hidden_layers"),
  n_layer: same("num_hidden_layers"),
  n_layers: same("num_hidden_layers"),
  num_heads: same("num_attention_heads"),
  n_head: same("num_attention_heads"),
  n_heads: same("num_attention_heads"),
  num_kv_heads: same("num_key_value_heads"),
  n_embd: same("hidden_size"),
  norm_eps: same("rms_norm_eps"),
  layer_norm_eps: same("rms_norm_eps"),
  n_positions: same("max_position_embeddings"),
  rotary_emb_base: same("rope_theta"),
  ...checked("biases are not implemented", [false], "attention_bias", "mlp_bias", "qkv_bias", "use_bias", "bias"),
  ...checked("a part of each head would be rotated", [1], "partial_rotary_factor", "rotary_pct"),
  ...checked("pairs of neighbours would be rotated, not halves", [false], "rope_interleaved"),
  ...checked("attention of a window is not implemented in decoders", [false], "sliding_window", "use_sliding_window"),
  ...checked(
    "scores would be capped",
    [false],
    ...["logit_softcapping", "final_logit_softcapping", "attn_logit_softcapping"],
  ),
  ...checked(
    "states or scores would be scaled",
    [1],
    ...["logit_scale", "logits_scaling", "embedding_multiplier", "residual_multiplier", "attention_multiplier"],
  ),
  ...harmless("rows are never padded", "pad_token_id"),
  ...harmless("not the decoder's, whose texts have a beginning and an end", "cls_token_id", "sep_token_id"),
  ...harmless("attention is causal whatever it says", "is_decoder"),
};

/** The table of `model_type` llama. */
export const llamaTable: KeyTable = {
  className: "LlamaConfig",
  keys: {
    ...decoderKeys,
    vocab_size: { ...decoderKeys.vocab_size, fallback: 32000 },
    hidden_size: { ...decoderKeys.hidden_size, fallback: 4096 },
    intermediate_size: { ...decoderKeys.intermediate_size, fallback: 11008 },
    num_hidden_layers: { ...decoderKeys.num_hidden_layers, fallback: 32 },
    num_attention_heads: { ...decoderKeys.num_attention_heads, fallback: 32 },
    tie_word_embeddings: used("whether the head is the embedding", false),
    bos_token_id: used("first token of a text; null: none", 1),
    eos_token_id: used("token or tokens that end a text; null: none", 2),
  },
};
