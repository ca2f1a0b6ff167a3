/**
 * Words of error messages: values shown in short, and the nearest known name for a misspelt one.
 *
 * @module
 */

/** Characters of a value or key in a message at most. */
const LONGEST_SHOWN = 200;

/** Characters of a key that are compared with known ones: the time of a comparison grows with the product of lengths. */
const LONGEST_COMPARED = 64;

/** A text for a message, cut where it is long. */
export function cut(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)` : text;
}

/** A value as text for a message, at most about 200 characters. */
export function show(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch { /* circular, or a bigint */ }
  return cut(text ?? String(value));
}

/** Number of single-letter edits between two words. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}

/** Other names of settings in use, by the name that is known here. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  learning_rate: "lr max_lr base_lr rate step_size",
  weight_decay: "wd l2",
  clip: "grad_clip max_grad_norm gradient_clipping clip_grad clip_norm",
  average: "ema ema_decay",
  warmup: "warmup_steps num_warmup_steps",
  steps: "max_steps num_steps iterations iters max_iters epochs updates",
  batch: "batch_size bs microbatch micro_batch_size per_device_train_batch_size",
  accumulate: "grad_accum gradient_accumulation_steps accumulation",
  sequence_length: "seq_len seq_length context_length context block_size max_length max_seq_len n_ctx ctx window",
  out: "output output_dir out_dir save_dir dir",
  held_out: "validation valid val eval test dev",
  end_of_text: "eos eos_token eot",
  save_every: "save_steps checkpoint_every save_interval",
  evaluate_every: "eval_steps eval_every eval_interval",
  log_every: "logging_steps log_interval",
  hidden_size: "d_model dim n_embd width embed_dim d d_hidden hidden",
  num_hidden_layers: "n_layers num_layers n_layer layers depth",
  num_attention_heads: "heads n_heads num_heads n_head",
  num_key_value_heads: "kv_heads num_kv_heads n_kv_heads",
  intermediate_size: "d_ff ffn_dim ff_dim mlp_dim hidden_dim",
  vocab_size: "vocab vocabulary n_vocab",
  max_position_embeddings: "max_positions positions n_positions max_seq_len context_length max_length n_ctx",
  num_recursions: "recursions n_recursions loops depth",
  num_experts: "experts n_experts",
  lora_rank: "rank r",
  lora_alpha: "alpha",
  max_new_tokens: "max_tokens",
};

/** A name in lower case with underscores: `learningRate` and `learning-rate` are `learning_rate`. */
function normalName(name: string): string {
  return name.replace(/([a-z\d])([A-Z])/g, "$1_$2").replaceAll("-", "_").toLowerCase();
}

/**
 * Distance of a name from a known one: 0 for the same name in another case, below 1 for another name of the same setting
 * and for some of its words (`tokens` of `max_new_tokens`), else the number of edits. The beginning of a long name is
 * compared.
 */
export function nameDistance(name: string, known: string): number {
  const [a, b] = [normalName(name.slice(0, LONGEST_COMPARED)), normalName(known)];
  if (a === b) return 0;
  if (OTHER_NAMES[b]?.split(" ").includes(a)) return 0.5;
  const words = b.split("_");
  return a.split("_").every((word) => words.includes(word)) ? 0.75 : editDistance(a, b);
}

/**
 * The candidate that a name most probably means: the one with the least distance.
 *
 * ```ts
 * import { nearest } from "./words.ts";
 * nearest("lr", ["eps", "learning_rate"]); // "learning_rate"
 * ```
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  return [...candidates].map((candidate) => ({ candidate, distance: nameDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}
