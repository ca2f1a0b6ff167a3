/**
 * Keys of the mechanisms that Llama's config.json lacks: `recursion`, `mol` and `loss_coefficients` (docs/mor.md,
 * "Checkpoint names").
 *
 * @module
 */
import type { Row } from "./row.ts";

/** Default of `router_aux` with expert routing (docs/training.md, "Routers"). */
export const ROUTER_AUX = 0.1;

/** Keys of `recursion`. */
export const recursionKeys = {
  num_recursions: { kind: "whole", help: "N, how often the shared layers run", least: 1, fallback: 1 },
  sharing: {
    kind: "word",
    help: "which layers share weights; the middle kinds leave out the first and the last layer",
    words: ["none", "cycle", "sequence", "middle_cycle", "middle_sequence"],
    absent: "middle_cycle for more than one recursion, else none",
  },
  routing: {
    kind: "word",
    help:
      "expert: each recursion chooses rows; token: each row chooses its number of recursions; none: all rows run all",
    words: ["none", "expert", "token"],
    fallback: "none",
  },
  router: {
    kind: "word",
    help: "a matrix, or a two-layer perceptron of width 2D or 4D",
    words: ["linear", "mlp", "wide_mlp"],
    fallback: "linear",
  },
  gate: {
    kind: "word",
    help: "function of the router's scores that scales a recursion's output; token routing takes softmax or sigmoid",
    words: ["sigmoid", "tanh", "none", "softmax"],
    absent: "sigmoid, or softmax with token routing",
  },
  alpha: {
    kind: "number",
    help: "factor of the gate",
    least: -1000,
    most: 1000,
    absent: "0.1, or 1 with token routing",
  },
  capacity: {
    kind: "numbers",
    help: "expert: share of the rows that each recursion keeps, one number a recursion",
    most: 1,
    absent: "(N − r + 1) / N for recursion r = 1..N",
  },
  kv: {
    kind: "word",
    help: "keys and values: of each recursion, of recursion 1 for all, or those with the changed rows replaced",
    words: ["recursion", "share", "hybrid"],
    fallback: "recursion",
  },
  auxiliary_router: {
    kind: "flag",
    help: "expert: a second router, which does not change the stream, chooses rows in generation",
    fallback: false,
  },
  balancing: {
    kind: "word",
    help: "token: depths are balanced by a loss (router_balance), or by a bias on the choice (bias_rate)",
    words: ["loss", "loss_free"],
    fallback: "loss",
  },
} as const satisfies Readonly<Record<string, Row>>;

/** Keys of experts, in `mol` of a decoder and at the top level of an encoder. */
export const expertKeys = {
  num_experts: { kind: "whole", help: "E, LoRA experts of a layer", least: 1, required: true },
  top_k: { kind: "whole", help: "experts chosen a row", least: 1, fallback: 1 },
  lora_rank: { kind: "whole", help: "rank of the experts", least: 1, required: true },
  lora_alpha: { kind: "number", help: "factor of the experts, times 1 / lora_rank", most: 65536, absent: "lora_rank" },
  norm_top_k: {
    kind: "flag",
    help: "whether the weights of the chosen experts sum to 1",
    absent: "true for top_k above 1",
  },
  mol_mix: {
    kind: "word",
    help: "whether outputs or weights of experts are mixed",
    words: ["output", "weight"],
    fallback: "output",
  },
  router_jitter_noise: {
    kind: "number",
    help: "ε of the noise on the router's input in training",
    most: 1,
    fallback: 0,
  },
} as const satisfies Readonly<Record<string, Row>>;

/** Keys of `mol`. */
export const molKeys = {
  layers: { kind: "wholes", help: "unique layers with experts, counted from 0", required: true },
  ...expertKeys,
} as const satisfies Readonly<Record<string, Row>>;

/** Keys of `loss_coefficients`. */
export const lossKeys = {
  router_aux: {
    kind: "number",
    help: "factor of the cross-entropy that trains the routers of expert routing for generation",
    absent: `${ROUTER_AUX} with expert routing, else 0`,
  },
  router_z: { kind: "number", help: "factor of the routers' z-loss", fallback: 0 },
  router_balance: {
    kind: "number",
    help: "factor of the balance of depths with token routing and balancing by loss",
    fallback: 0,
  },
  mol_balance: { kind: "number", help: "factor of the balance of experts", fallback: 0 },
} as const satisfies Readonly<Record<string, Row>>;
