/**
 * Keys of ModernALBERT as published, and further ones (docs/mol.md, "Checkpoint names").
 *
 * @module
 */
import { commonKeys } from "./common.ts";
import { encoderKeys } from "./modernbert.ts";
import { checked, type KeyTable, same, used } from "./rule.ts";

/** The table of `model_type` modernalbert, and of encoders without one. */
export const modernAlbertTable: KeyTable = {
  className: "ModernALBERT",
  keys: {
    ...commonKeys,
    ...encoderKeys,
    vocab_size: used("tokens of the vocabulary"),
    hidden_size: used("width of the residual stream"),
    embedding_size: used("width of the embedding; hidden_size where absent"),
    intermediate_size: used("width of the feed-forward"),
    expert_intermediate_size: used("width of the feed-forward in groups with experts; intermediate_size where absent"),
    num_hidden_layers: used("unrolled layers"),
    num_attention_heads: used("heads"),
    group_depth: used("consecutive layers that share all parameters", 1),
    num_expert_modules: used("groups with experts, the last ones", 0),
    mol_groups: used("groups with experts, by number; num_expert_modules counts them"),
    num_experts: used("experts of a group", 0),
    top_k: used("experts chosen a token", 1),
    lora_rank: used("rank of the experts"),
    lora_alpha: used("factor of the experts, times 1 / lora_rank; lora_rank where absent"),
    norm_top_k: used("whether weights of chosen experts sum to 1; true for top_k above 1 where absent"),
    mol_mix: used("output or weight: what is mixed", "output"),
    router_jitter_noise: used("noise of the routers in training", 0),
    load_balancing_loss_coef: used("factor of the experts' balance in training", 0),
    dropout: used("dropout in training", 0),
    max_position_embeddings: used("positions at most", 8192),
    layer_norm_eps: used("ε of the norms", 1e-6),
    norm_eps: same("layer_norm_eps"),
    ...checked("another activation than gelu is not implemented", ["gelu"], "hidden_act"),
    hidden_activation: same("hidden_act"),
    ...checked("every layer is global", [-1, false], "local_attention", "sliding_window"),
    ...checked("every layer is global", [1], "global_attn_every_n_layers"),
    rope_theta: used("base of the rotary angles; 160000 where no spelling gives it"),
    global_rope_theta: same("rope_theta"),
    rope_scaling: used("scaling of the rotary frequencies, and their base where it is there"),
    rope_parameters: used("the same since version 5"),
    original_max_position_embeddings: used("positions before stretching, for the scaling llama3"),
    tie_word_embeddings: used("whether the head's last matrix is the embedding", true),
    pad_token_id: used("token that pads", 0),
    bos_token_id: used("beginning of a text"),
    eos_token_id: used("end of a text"),
    cls_token_id: used("first token of a sequence"),
    sep_token_id: used("last token of a sequence"),
  },
};
