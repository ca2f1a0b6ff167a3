/**
 * Unsupported parameters of other servers with their default values, which clients send. Defaults and null are accepted,
 * any other value is refused by name.
 */
import type { Fields } from "../../src/model/config/fields.ts";

/** Values without effect, by parameter. */
export type Harmless = Readonly<Record<string, readonly unknown[]>>;

/** Parameters of completions: OpenAI's first, then vLLM's, then llama.cpp's and those of other servers. */
export const COMPLETION_HARMLESS: Harmless = {
  suffix: [""],
  logit_bias: [{}],
  presence_penalty: [0],
  frequency_penalty: [0],
  metadata: [{}],
  store: [false],
  service_tier: ["auto", "default"],
  safety_identifier: [],
  prompt_cache_key: [],
  response_format: [{ type: "text" }],
  use_beam_search: [false],
  length_penalty: [1],
  early_stopping: [false],
  stop_token_ids: [[]],
  include_stop_str_in_output: [false],
  ignore_eos: [false],
  min_tokens: [0],
  skip_special_tokens: [true],
  spaces_between_special_tokens: [true],
  truncate_prompt_tokens: [],
  allowed_token_ids: [],
  bad_words: [[]],
  prompt_logprobs: [],
  add_special_tokens: [true],
  return_tokens_as_token_ids: [false],
  guided_json: [],
  guided_regex: [],
  guided_choice: [],
  guided_grammar: [],
  guided_decoding_backend: [],
  guided_whitespace_pattern: [],
  structured_outputs: [],
  structural_tag: [],
  logits_processors: [[]],
  detokenize: [true],
  return_token_ids: [false],
  prompt_embeds: [],
  cache_salt: [],
  kv_transfer_params: [],
  vllm_xargs: [],
  priority: [0],
  repeat_penalty: [1],
  typical_p: [1],
  tfs_z: [1],
  mirostat: [0],
  n_probs: [0],
  num_beams: [1],
};

/** Parameters of chats: those of completions, then OpenAI's, then vLLM's. */
export const CHAT_HARMLESS: Harmless = {
  ...COMPLETION_HARMLESS,
  tools: [[]],
  tool_choice: ["none", "auto"],
  parallel_tool_calls: [true, false],
  functions: [[]],
  function_call: ["none", "auto"],
  modalities: [["text"]],
  audio: [],
  prediction: [],
  reasoning_effort: ["none"],
  verbosity: ["medium"],
  web_search_options: [],
  echo: [false],
  best_of: [1],
  add_generation_prompt: [true],
  continue_final_message: [false],
  add_special_tokens: [false],
  documents: [[]],
  chat_template: [],
  chat_template_kwargs: [{}],
};

/** Fields of a message, as answers of OpenAI's API have them. */
export const MESSAGE_HARMLESS: Harmless = {
  refusal: [],
  annotations: [[]],
  audio: [],
  tool_calls: [[]],
  function_call: [],
  tool_call_id: [],
};

/** Parameters of embeddings; vectors have unit length, which is `normalize: true`. */
export const EMBEDDING_HARMLESS: Harmless = {
  truncate_prompt_tokens: [],
  add_special_tokens: [true],
  normalize: [true],
  priority: [0],
};

/** Accepts the values of a table. Throws a FieldError with the parameter, its value and the accepted values. */
export function acceptHarmless(fields: Fields, table: Harmless): void {
  for (const [key, values] of Object.entries(table)) {
    const given = JSON.stringify(fields.value(key));
    const allowed = values.map((value) => JSON.stringify(value));
    const fits = given === undefined || allowed.includes(given);
    const reason = () => `${fields.path}.${key} is ${given}, only ${allowed.join(", ") || "null"} is supported`;
    fields.check(fits, reason, key);
  }
}

/** Accepts the name of an end user, which may be empty and is not used. Throws a FieldError for another type. */
export function acceptUser(fields: Fields): void {
  const user = fields.value("user") ?? "";
  fields.check(
    typeof user === "string",
    () => `${fields.path}.user is ${JSON.stringify(user)}, expected a text`,
    "user",
  );
}
