/**
 * The kinds of operations that have several, by the words that name them.
 *
 * @module
 */

/** Plain activations; `gelu` is exact (erf), `square` is x². */
export const ACTIVATIONS = ["gelu", "silu", "relu", "tanh", "sigmoid", "square"] as const;

/** Activations inside a gated unit: `silu` makes SwiGLU, `gelu` (exact) GeGLU (Shazeer, arXiv 2002.05202). */
export const GATED = ["silu", "gelu"] as const;

/** Norms of a row: RMSNorm and LayerNorm. */
export const NORMS = ["rms", "layer"] as const;

/** Functions between a recursion's score and its gate. */
export const GATES = ["sigmoid", "tanh", "none"] as const;

/** Functions between a router's logits and its probabilities. */
export const ROUTES = ["softmax", "sigmoid"] as const;

/** Ways to merge LoRA experts: the mean of the updates, or one adapter of means. */
export const MERGES = ["delta", "factor"] as const;

/** Ways in which the rows of a sequence become one vector. */
export const POOLINGS = ["mean", "first", "last", "max", "mean_sqrt_len", "weighted_mean"] as const;
