/**
 * Keys of ModernBERT (`ModernBertConfig`), with the class's defaults.
 *
 * @module
 */
import { commonKeys } from "./common.ts";
import { checked, harmless, type KeyRules, type KeyTable, same, used } from "./rule.ts";

/** Keys that encoders refuse, and other spellings of used keys. */
export const encoderKeys: KeyRules = {
  head_dim: used("width of a head; must be hidden_size / num_attention_heads"),
  num_layers: same("num_hidden_layers"),
  num_heads: same("num_attention_heads"),
  num_key_value_heads: same("num_attention_heads"),
  ...checked("biases are not implemented", [false], "attention_bias", "mlp_bias", "norm_bias", "use_bias", "bias"),
  ...checked("the head's first matrix would have a bias", [false], "classifier_bias"),
  ...checked("the head would have no bias", [true], "decoder_bias"),
  ...checked("another activation than gelu is not implemented in the head", ["gelu"], "classifier_activation"),
  ...checked("positions are rotary; the class reads no other", ["absolute", "rope"], "position_embedding_type"),
  ...checked("a part of each head would be rotated", [1], "partial_rotary_factor"),
  ...checked("attention would be causal", [false], "is_decoder"),
};

/** The table of `model_type` modernbert. */
export const modernBertTable: KeyTable = {
  className: "ModernBertConfig",
  keys: {
    ...commonKeys,
    ...encoderKeys,
    vocab_size: used("tokens of the vocabulary", 50368),
    hidden_size: used("width of the residual stream", 768),
    intermediate_size: used("width of the feed-forward", 1152),
    num_hidden_layers: used("layers", 22),
    num_attention_heads: used("heads", 12),
    max_position_embeddings: used("positions at most", 8192),
    norm_eps: used("ε of the norms", 1e-5),
    layer_norm_eps: same("norm_eps"),
    ...checked("another activation than gelu is not implemented", ["gelu"], "hidden_activation"),
    hidden_act: same("hidden_activation"),
    local_attention: used("rows that a local layer sees, half to each side; 128 where absent; −1: no local layers"),
    sliding_window: used("rows to each side: half of local_attention, must agree with it"),
    global_attn_every_n_layers: used("layer i is local where i % this is not 0; 3 where layer_types is absent, too"),
    layer_types: used("full_attention or sliding_attention by layer, must agree with global_attn_every_n_layers"),
    global_rope_theta: used("base of the rotary angles of global layers; 160000 where no spelling gives it"),
    local_rope_theta: used("base of the rotary angles of local layers; 10000 where no spelling gives it"),
    rope_parameters: used("rotary parameters by full_attention and sliding_attention"),
    rope_scaling: used("the same, or one scaling for all layers"),
    original_max_position_embeddings: used("positions before stretching, for the scaling llama3"),
    ...checked("layers would be shared, as in modernalbert", [1], "group_depth"),
    embedding_size: same("hidden_size"),
    ...checked("bases of angles belong to kinds of layers", [], "rope_theta"),
    tie_word_embeddings: used("whether the head's last matrix is the embedding", true),
    pad_token_id: used("token that pads", 50283),
    bos_token_id: used("beginning of a text", 50281),
    eos_token_id: used("end of a text", 50282),
    cls_token_id: used("first token of a sequence", 50281),
    sep_token_id: used("last token of a sequence", 50282),
    ...harmless("training only", "initializer_cutoff_factor"),
    ...harmless("form of a task head, which is no part of the model here", "classifier_pooling"),
    ...harmless(
      "choice of an equal implementation",
      ...["deterministic_flash_attn", "reference_compile", "repad_logits_with_grad"],
    ),
    ...harmless("logits are computed at all rows asked for", "sparse_prediction", "sparse_pred_ignore_index"),
  },
};
