/**
 * The table of all keys of a training configuration: type, bounds, default and meaning. Types, reading, help text and
 * docs/training.md follow from it.
 *
 * @module
 */
import type { Row } from "../../model/config/row.ts";

/** One key. */
export interface TrainingKey extends Omit<Row, "kind"> {
  /** Type of the value; those that a Row does not have are read by `special.ts`. */
  readonly kind: Row["kind"] | "model" | "path" | "checkpoint" | "token" | "sources" | "heldOut" | "tokenizer";
  /** Whether the key changes no weights, so that a resumed run may have another value. */
  readonly free?: true;
  /** Whether an absent value is computed from other keys. */
  readonly derived?: true;
}

/** All keys in the order of the help text; a dot separates an object from its key. */
export const trainingKeys = {
  "model": { kind: "model", help: "a preset (mor-360m-3), the path of a config.json, or its content", required: true },
  "objective": {
    kind: "word",
    help: "what is predicted",
    words: ["next_token", "masked"],
    absent: "masked for encoders, else next_token",
    derived: true,
  },
  "mask_share": { kind: "number", help: "masked: share of tokens to predict", least: 0.01, most: 0.99, fallback: 0.3 },
  "start.from": { kind: "checkpoint", help: "checkpoint of the initial weights; random without start", required: true },
  "start.method": {
    kind: "word",
    help: "copy: same layers, perhaps new experts or routers; stepwise to random: recursive decoder from one that " +
      "shares no layers; teacher_layers, teacher_mean: encoder from a ModernBERT",
    words: ["copy", "stepwise", "average", "lower", "upper", "random", "teacher_layers", "teacher_mean"],
    fallback: "copy",
  },
  "teacher.from": {
    kind: "checkpoint",
    help: "checkpoint of a teacher model with the same vocabulary",
    required: true,
  },
  "teacher.divergence": { kind: "number", help: "factor of KL(teacher, student) at labelled tokens", fallback: 1 },
  "teacher.temperature": { kind: "positive", help: "temperature of that divergence", fallback: 1 },
  "teacher.cosine": { kind: "number", help: "masked: factor of the cosine distance of hidden states", fallback: 0 },
  "data.train": {
    kind: "sources",
    help: 'texts, one or a list: path, glob, "npm:NAME", "apt:NAME" or object (docs/training.md, "Texts")',
    required: true,
  },
  "data.held_out": {
    kind: "heldOut",
    help: "share of the training texts to evaluate on, or texts",
    least: 1e-6,
    most: 0.9,
    fallback: 0.01,
  },
  "data.tokenizer": {
    kind: "tokenizer",
    help: 'folder of a tokenizer.json, or {"train": vocabulary size} to train one on the texts',
    absent: "that of start or teacher, else trained, of the model's vocabulary or as much as the texts give",
    derived: true,
  },
  "data.end_of_text": { kind: "text", help: "token after every document", fallback: "<|endoftext|>" },
  "data.mask_token": { kind: "text", help: "masked: token that replaces the tokens to predict", fallback: "[MASK]" },
  "data.begin_token": { kind: "token", help: "masked: token before every sequence, false for none", fallback: "[CLS]" },
  "data.end_token": { kind: "token", help: "masked: token after every sequence, false for none", fallback: "[SEP]" },
  "data.sequence_length": {
    kind: "whole",
    help: "tokens of a sequence",
    least: 1,
    absent: "the model's positions, at most 256",
    derived: true,
  },
  "data.batch": { kind: "whole", help: "sequences of a microbatch", least: 1, fallback: 8 },
  "data.accumulate": { kind: "whole", help: "microbatches of a step", least: 1, most: 256, fallback: 1 },
  "optimizer.learning_rate": { kind: "positive", help: "highest learning rate of AdamW", fallback: 1e-3 },
  "optimizer.beta1": { kind: "number", help: "decay of the first moment", most: 0.999999, fallback: 0.9 },
  "optimizer.beta2": { kind: "number", help: "decay of the second moment", most: 0.999999, fallback: 0.95 },
  "optimizer.eps": { kind: "positive", help: "added to the denominator", fallback: 1e-8 },
  "optimizer.weight_decay": { kind: "number", help: "decoupled decay of matrices, not of norms", fallback: 0.1 },
  "optimizer.clip": { kind: "number", help: "maximum global norm of the gradients, 0 for no clipping", fallback: 1 },
  "optimizer.average": {
    kind: "number",
    help: "decay of a moving average of the weights, which is saved instead of them; 0 for none",
    most: 0.999999,
    fallback: 0,
  },
  "schedule.kind": {
    kind: "word",
    help: "how the learning rate falls after the warm-up",
    words: ["constant", "linear", "cosine", "trapezoid"],
    fallback: "cosine",
  },
  "schedule.warmup": { kind: "whole", help: "steps of the linear warm-up", fallback: 0 },
  "schedule.decay": { kind: "number", help: "trapezoid: share of the steps that decay", most: 1, fallback: 0.2 },
  "schedule.final": { kind: "number", help: "last learning rate as a share of the highest", most: 1, fallback: 0 },
  "losses.router_aux": { kind: "number", help: "factor of the routers' cross-entropy", absent: "the model's" },
  "losses.router_z": { kind: "number", help: "factor of the routers' z-loss", absent: "the model's" },
  "losses.router_balance": { kind: "number", help: "factor of the balance of depths", absent: "the model's" },
  "losses.mol_balance": { kind: "number", help: "factor of the balance of experts", absent: "the model's" },
  "capacity_warmup": { kind: "whole", help: "steps over which capacities fall from 1 to the model's", fallback: 0 },
  "bias_rate": { kind: "number", help: "step size of the bias of loss-free balancing", fallback: 0.001 },
  "steps": { kind: "whole", help: "updates of the run; may be raised when it is resumed", least: 1, fallback: 1000 },
  "seed": { kind: "whole", help: "seed of weights, data order, masks and noise", most: 2147483647, fallback: 0 },
  "device": {
    kind: "word",
    help: "GPU or plain loops",
    words: ["webgpu", "reference"],
    fallback: "webgpu",
    free: true,
  },
  "checkpoint": {
    kind: "word",
    help: "recursion recomputes each recursion in the backward pass, to save memory",
    words: ["none", "recursion"],
    fallback: "none",
  },
  "save_every": { kind: "whole", help: "steps between two checkpoints", least: 1, fallback: 500, free: true },
  "keep": { kind: "whole", help: "checkpoints kept", least: 1, fallback: 2, free: true },
  "log_every": {
    kind: "whole",
    help: "steps between two lines of progress",
    least: 1,
    most: 10000,
    fallback: 10,
    free: true,
  },
  "evaluate_every": { kind: "whole", help: "steps between evaluations, 0 for the end only", fallback: 500, free: true },
  "evaluate_batches": { kind: "whole", help: "batches of an evaluation, 0 for all", fallback: 20, free: true },
  "save_dtype": {
    kind: "word",
    help: "element type of the final model",
    words: ["F32", "F16", "BF16"],
    fallback: "F32",
    free: true,
  },
  "out": {
    kind: "path",
    help: "folder of the run: log, checkpoints, at the end the model",
    fallback: "run",
    free: true,
  },
} as const satisfies Readonly<Record<string, TrainingKey>>;

/** Keys of `sample` in a source of texts: documents are drawn from a decoder, once, and cached. */
export const sampleKeys = {
  documents: { kind: "whole", help: "number of documents", least: 1, required: true },
  temperature: { kind: "number", help: "divisor of the logits; 0 takes the likeliest token", most: 1e30, fallback: 1 },
  max_tokens: { kind: "whole", help: "tokens of a document at most", least: 2, absent: "the model's positions" },
  seed: { kind: "whole", help: "seed of the draws", most: 2147483647, fallback: 0 },
} as const satisfies Readonly<Record<string, Row>>;
