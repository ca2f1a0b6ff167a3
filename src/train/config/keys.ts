/**
 * Every key of a training configuration with its unit and what it is where it is left out: the only place that says so.
 *
 * @module
 */

/** What a key is. */
export interface TrainingKey {
  /** What it means, with its unit. */
  readonly help: string;
  /** Its value where it is left out; absent: it must be given, or the help says what happens without it. */
  readonly fallback?: number | string;
}

/** The keys in the order in which a reader should learn of them; a dot stands between an object and its key. */
export const trainingKeys = {
  "model": { help: "config.json of a decoder or an encoder, as an object or as the path of one" },
  "objective": { help: "next_token (decoders) or masked (encoders)", fallback: "next_token" },
  "mask_share": { help: "masked: share of tokens to predict", fallback: 0.3 },
  "start.from": { help: "checkpoint whose weights are started from; without start they are fresh" },
  "start.method": {
    help: "copy (same layers, perhaps new experts or routers);\n" +
      "stepwise, average, lower, upper, random (decoder from one that shares no layers);\n" +
      "teacher_layers, teacher_mean (encoder from a ModernBERT)",
    fallback: "copy",
  },
  "teacher.from": { help: "checkpoint of a model with the same vocabulary to learn from" },
  "teacher.divergence": { help: "factor of KL(teacher, student) at labelled tokens", fallback: 1 },
  "teacher.temperature": { help: "temperature of that divergence", fallback: 1 },
  "teacher.cosine": { help: "masked: factor of the cosine distance of hidden states", fallback: 0 },
  "data.train": { help: 'texts: paths, globs, "npm:NAME@VERSION", "apt:NAME", or {"from", "documents"} objects' },
  "data.held_out": { help: "share of the documents that is only evaluated, or a list like data.train", fallback: 0.01 },
  "data.tokenizer": { help: 'path of a tokenizer.json, or {"train": vocabulary size} for one of these texts' },
  "data.end_of_text": { help: "token after every document", fallback: "<|endoftext|>" },
  "data.mask_token": { help: "masked: token that hides others", fallback: "[MASK]" },
  "data.begin_token": { help: "masked: token before every sequence, false for none", fallback: "[CLS]" },
  "data.end_token": { help: "masked: token after every sequence, false for none", fallback: "[SEP]" },
  "data.sequence_length": { help: "tokens of a sequence" },
  "data.batch": { help: "sequences of a microbatch" },
  "data.accumulate": { help: "microbatches of a step; a step is the same however it is cut into them", fallback: 1 },
  "optimizer.learning_rate": { help: "highest learning rate of AdamW" },
  "optimizer.beta1": { help: "decay of the first moment", fallback: 0.9 },
  "optimizer.beta2": { help: "decay of the second moment", fallback: 0.95 },
  "optimizer.eps": { help: "added to the denominator", fallback: 1e-8 },
  "optimizer.weight_decay": { help: "decoupled decay of matrices; norms and biases have none", fallback: 0.1 },
  "optimizer.clip": { help: "global norm that gradients are scaled down to, 0 for never", fallback: 1 },
  "optimizer.average": {
    help: "decay of a moving average of the weights, which is what is saved; 0 for none",
    fallback: 0,
  },
  "schedule.kind": { help: "constant, linear, cosine or trapezoid", fallback: "cosine" },
  "schedule.warmup": { help: "steps of the linear warm-up", fallback: 0 },
  "schedule.decay": { help: "trapezoid: share of all steps over which the rate falls", fallback: 0.2 },
  "schedule.final": { help: "last learning rate as a share of the highest", fallback: 0 },
  "losses.router_aux": { help: "factor of the routers' cross-entropy; the model's unless given, as the next three" },
  "losses.router_z": { help: "factor of the routers' z-loss" },
  "losses.router_balance": { help: "factor of token-choice's balance" },
  "losses.mol_balance": { help: "factor of the experts' load balance" },
  "capacity_warmup": { help: "steps over which recursions fall from all tokens to their capacity", fallback: 0 },
  "bias_rate": { help: "step of the bias that balances depths without a loss", fallback: 0.001 },
  "steps": { help: "updates of the whole run" },
  "seed": { help: "of fresh weights, order of the data, masks and noise", fallback: 0 },
  "device": { help: "webgpu or reference", fallback: "webgpu" },
  "checkpoint": {
    help: "recursion computes each recursion again in the backward pass, to save memory",
    fallback: "none",
  },
  "save_every": { help: "steps between two checkpoints", fallback: 500 },
  "keep": { help: "checkpoints kept", fallback: 2 },
  "log_every": { help: "steps between two readings of the device: progress, routing, divergence", fallback: 10 },
  "evaluate_every": { help: "steps between two evaluations of the held-out texts, 0 for the end only", fallback: 500 },
  "evaluate_batches": { help: "batches of an evaluation, 0 for all", fallback: 20 },
  "save_dtype": { help: "F32, F16 or BF16: how the final model is stored", fallback: "F32" },
  "out": { help: "folder of the run: log.jsonl, checkpoints, at the end the model" },
} as const satisfies Readonly<Record<string, TrainingKey>>;

/** A key that may be left out. */
export type OptionalKey = {
  [Key in keyof typeof trainingKeys]: (typeof trainingKeys)[Key] extends { fallback: unknown } ? Key : never;
}[keyof typeof trainingKeys];

/** What a key is where it is left out. */
export function fallbackOf<K extends OptionalKey>(key: K): (typeof trainingKeys)[K]["fallback"] {
  return trainingKeys[key].fallback;
}

/** All keys for the help of a command, a line or more each. */
export function describeTrainingKeys(): string {
  const width = Math.max(...Object.keys(trainingKeys).map(({ length }) => length)) + 2;
  return Object.entries<TrainingKey>(trainingKeys).map(([key, { help, fallback }]) => {
    const text = fallback === undefined ? help : `${help} [${fallback}]`;
    return `  ${key.padEnd(width)}${text.replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`;
  }).join("\n");
}
