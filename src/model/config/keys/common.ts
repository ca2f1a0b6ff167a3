/**
 * Keys of any `config.json`: those of `PretrainedConfig`, and those that tools and trainers add.
 *
 * @module
 */
import { checked, harmless, type KeyRules, same, used } from "./rule.ts";

/** Treatment of the keys that all model types share. */
export const commonKeys: KeyRules = {
  model_type: used("which of these tables holds; without it, architectures tell"),
  ...harmless(
    "where the file came from",
    ...["name_or_path", "transformers_version", "auto_map", "custom_pipelines", "tokenizer_class", "finetuning_task"],
    ...["architectures", "adapter_transformers_version", "peft_version", "trl_version", "unsloth_version"],
    ...["unsloth_fixed", "is_llama_config", "model_name", "author", "license", "sentence_transformers"],
    ...["transformers.js_config", "mlc_config", "base_model", "base_model_name_or_path", "transformers_weights"],
    ...["language", "tags", "revision"],
  ),
  ...harmless("storage type; every tensor of a checkpoint has its own", "dtype"),
  torch_dtype: same("dtype"),
  ...harmless(
    "form of the outputs or choice of an equal implementation",
    ...["output_hidden_states", "output_attentions", "return_dict", "use_return_dict", "torchscript", "use_cache"],
    ...["attn_implementation", "attention_implementation", "experts_implementation", "use_flash_attention"],
    ...["use_flash_attention_2", "use_flash_attn", "use_sdpa", "use_bfloat16", "use_fp16", "tf_legacy_loss", "fp32"],
    ...["bf16", "fp16", "chunk_size_feed_forward", "pretraining_tp", "tensor_parallel_degree", "use_kernels"],
  ),
  ...harmless(
    "training only",
    ...["initializer_range", "initializer_factor", "gradient_checkpointing", "use_gradient_checkpointing"],
    ...["attention_dropout", "attn_dropout", "attention_probs_dropout_prob", "hidden_dropout", "hidden_dropout_prob"],
    ...["resid_dropout", "resid_pdrop", "embd_pdrop", "attn_pdrop", "embedding_dropout", "mlp_dropout", "dropout"],
    ...["classifier_dropout", "label_smoothing", "loss_type", "z_loss_coef", "learning_rate", "weight_decay", "seed"],
    ...["router_aux_loss_coef", "output_router_logits"],
  ),
  ...harmless("lengths that trainers note", "max_sequence_length", "model_max_length", "tokenizer_model_max_length"),
  ...harmless(
    "labels of a task head, which is no part of the model here",
    ...["id2label", "label2id", "num_labels", "problem_type", "task_specific_params", "summary_type"],
  ),
  ...harmless(
    "token of another use than ends of texts",
    ...["unk_token_id", "mask_token_id", "decoder_start_token_id", "prefix", "image_token_id", "begin_token_id"],
  ),
  ...harmless(
    "default of a generation, which options of a call decide here",
    ...["max_length", "min_length", "max_new_tokens", "do_sample", "early_stopping", "num_beams", "num_beam_groups"],
    ...["diversity_penalty", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty"],
    ...["no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences"],
    ...["output_scores", "return_dict_in_generate", "forced_bos_token_id", "forced_eos_token_id", "suppress_tokens"],
    ...["begin_suppress_tokens", "remove_invalid_values", "exponential_decay_length_penalty"],
  ),
  ...checked("quantised weights are not read", [], "quantization_config", "quantization", "compression_config"),
  ...checked("heads or layers would be left out", [{}, []], "pruned_heads", "skip_layers"),
  ...checked("layers would differ from each other", [{}], "per_layer_config", "block_configs"),
  ...checked(
    "another architecture than this one",
    [false, 0],
    ...["is_encoder_decoder", "add_cross_attention", "cross_attention_hidden_size", "tie_encoder_decoder"],
  ),
};
