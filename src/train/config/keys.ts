/**
 * The table of all keys of a training configuration: meaning, unit and default value.
 *
 * @module
 */

/** One key. */
export interface TrainingKey {
  /** Meaning and unit, for the help text. */
  readonly help: string;
  /** Default value; absent for required keys, and for keys whose help states the default. */
  readonly fallback?: number | string;
}

/** All keys in the order of the help text; a dot separates an object from its key. */
export const trainingKeys = {
  "model": { help: "config.json of a decoder or an encoder, as an object or as the path of one" },
  "objective": { help: "next_token (decoders) or masked (encoders)", fallback: "next_token" },
  "mask_share": { help: "masked: share of tokens to predict", fallback: 0.3 },
  "start.from": { help: "checkpoint of the initial weights; without start they are random" },
  "start.method": {
    help: "copy (same layers, perhaps new experts or routers);\n" +
      "stepwise, average, lower, upper, random (decoder from one that shares no layers);\n" +
      "teacher_layers, teacher_mean (encoder from a ModernBERT)",
    fallback: "copy",
  },
  "teacher.from": { help: "checkpoint of a teacher model with the same vocabulary" },
  "teacher.divergence": { help: "factor of KL(teacher, student) at labelled tokens", fallback: 1 },
  "teacher.temperature": { help: "temperature of that divergence", fallback: 1 },
  "teacher.cosine": { help: "masked: factor of the cosine distance of hidden states", fallback: 0 },
  "data.train": { help: 'texts: paths, globs, "npm:NAME@VERSION", "apt:NAME", or {"from", "documents"} objects' },
  "data.held_out": {
    help: "share of the documents that is held out for evaluation, or a list like data.train",
    fallback: 0.01,
  },
  "data.tokenizer": { help: 'path of a tokenizer.json, or {"train": vocabulary size} to train one on these texts' },
  "data.end_of_text": { help: "token after every document", fallback: "<|endoftext|>" },
  "data.mask_token": { help: "masked: token that replaces the tokens to predict", fallback: "[MASK]" },
  "data.begin_token": { help: "masked: token before every sequence, false for none", fallback: "[CLS]" },
  "data.end_token": { help: "masked: token after every sequence, false for none", fallback: "[SEP]" },
  "data.sequence_length": { help: "tokens of a sequence" },
  "data.batch": { help: "sequences of a microbatch" },
  "data.accumulate": { help: "microbatches of a step; the result does not depend on their number", fallback: 1 },
  "optimizer.learning_rate": { help: "highest learning rate of AdamW" },
  "optimizer.beta1": { help: "decay of the first moment", fallback: 0.9 },
  "optimizer.beta2": { help: "decay of the second moment", fallback: 0.95 },
  "optimizer.eps": { help: "added to the denominator", fallback: 1e-8 },
  "optimizer.weight_decay": { help: "decoupled decay of matrices; norms and biases have none", fallback: 0.1 },
  "optimizer.clip": { help: "maximum global norm of the gradients, 0 for no clipping", fallback: 1 },
  "optimizer.average": {
    help: "decay of a moving average of the weights, which is saved instead of them; 0 for none",
    fallback: 0,
  },
  "schedule.kind": { help: "constant, linear, cosine or trapezoid", fallback: "cosine" },
  "schedule.warmup": { help: "steps of the linear warm-up", fallback: 0 },
  "schedule.decay": { help: "trapezoid: share of all steps over which the rate decays", fallback: 0.2 },
  "schedule.final": { help: "last learning rate as a share of the highest", fallback: 0 },
  "losses.router_aux": {
    help: "factor of the routers' cross-entropy; the model's unless given (so are the next three)",
  },
  "losses.router_z": { help: "factor of the routers' z-loss" },
  "losses.router_balance": { help: "factor of token-choice's balance" },
  "losses.mol_balance": { help: "factor of the experts' load balance" },
  "capacity_warmup": { help: "steps over which the capacity of recursions falls from 1 to the model's", fallback: 0 },
  "bias_rate": { help: "step size of the bias of loss-free balancing", fallback: 0.001 },
  "steps": { help: "updates of the whole run" },
  "seed": { help: "seed of random weights, order of the data, masks and noise", fallback: 0 },
  "device": { help: "webgpu or reference", fallback: "webgpu" },
  "checkpoint": {
    help: "recursion recomputes each recursion in the backward pass, to save memory",
    fallback: "none",
  },
  "save_every": { help: "steps between two checkpoints", fallback: 500 },
  "keep": { help: "checkpoints kept", fallback: 2 },
  "log_every": {
    help: "steps between two readings of the device for progress, routing and the check for divergence",
    fallback: 10,
  },
  "evaluate_every": { help: "steps between two evaluations of the held-out texts, 0 for the end only", fallback: 500 },
  "evaluate_batches": { help: "batches of an evaluation, 0 for all", fallback: 20 },
  "save_dtype": { help: "F32, F16 or BF16: how the final model is stored", fallback: "F32" },
  "out": { help: "folder of the run: log.jsonl, checkpoints, at the end the model" },
} as const satisfies Readonly<Record<string, TrainingKey>>;

/** A key with a default value. */
export type OptionalKey = {
  [Key in keyof typeof trainingKeys]: (typeof trainingKeys)[Key] extends { fallback: unknown } ? Key : never;
}[keyof typeof trainingKeys];

/** The default value of a key. */
export function fallbackOf<K extends OptionalKey>(key: K): (typeof trainingKeys)[K]["fallback"] {
  return trainingKeys[key].fallback;
}

/** The help text of all keys, one or more lines each. */
export function describeTrainingKeys(): string {
  const width = Math.max(...Object.keys(trainingKeys).map(({ length }) => length)) + 2;
  return Object.entries<TrainingKey>(trainingKeys).map(([key, { help, fallback }]) => {
    const text = fallback === undefined ? help : `${help} [${fallback}]`;
    return `  ${key.padEnd(width)}${text.replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`;
  }).join("\n");
}
