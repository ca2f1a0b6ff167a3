/** Valid configurations of every kind of model, small enough to run in milliseconds. */
import type { Json } from "../../src/model/config/fields.ts";

const decoder: Json = {
  hidden_size: 8,
  intermediate_size: 12,
  vocab_size: 16,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  num_hidden_layers: 6,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  hidden_act: "silu",
  bos_token_id: 1,
  eos_token_id: [2, 3],
};

const mol: Json = { num_experts: 3, top_k: 2, lora_rank: 2, lora_alpha: 4, norm_top_k: true, mol_mix: "output" };
const routed = (recursion: Json): Json => ({ ...decoder, model_type: "mor", recursion });

const encoder: Json = {
  hidden_size: 8,
  intermediate_size: 12,
  vocab_size: 16,
  num_attention_heads: 2,
  num_hidden_layers: 4,
  max_position_embeddings: 64,
  pad_token_id: 0,
};

/** Configurations that load. */
export const bases: readonly Json[] = [
  { ...decoder, model_type: "llama", head_dim: 4, tie_word_embeddings: true, rope_scaling: null },
  routed({ sharing: "middle_cycle", num_recursions: 2, kv: "share" }),
  routed({ sharing: "sequence", num_recursions: 3 }),
  routed({ sharing: "middle_cycle", num_recursions: 2, routing: "expert", capacity: [1, 0.5], auxiliary_router: true }),
  routed({
    sharing: "cycle",
    num_recursions: 3,
    routing: "expert",
    router: "mlp",
    gate: "tanh",
    alpha: 1,
    kv: "hybrid",
  }),
  routed({ sharing: "cycle", num_recursions: 2, routing: "token", balancing: "loss_free", kv: "share" }),
  {
    ...routed({ sharing: "middle_cycle", num_recursions: 2, routing: "token", gate: "sigmoid", router: "wide_mlp" }),
    mol: { ...mol, layers: [1, 2] },
    loss_coefficients: { router_aux: 0.01, router_z: 0.001, router_balance: 0.1, mol_balance: 0.05 },
  },
  { ...encoder, model_type: "modernbert", local_attention: 8, global_attn_every_n_layers: 2, norm_eps: 1e-5 },
  {
    ...encoder,
    ...mol,
    model_type: "modernalbert",
    embedding_size: 4,
    group_depth: 2,
    num_expert_modules: 1,
    expert_intermediate_size: 10,
    rope_theta: 160000,
    layer_norm_eps: 1e-6,
  },
];
