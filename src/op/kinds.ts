/**
 * The kinds of operations that have several, by the words that name them.
 *
 * @module
 */

/** Plain activations; `gelu` is exact (erf), `square` is x². */
export const ACTIVATIONS = ["gelu", "silu", "relu", "tanh", "sigmoid", "square"] as const;

/** A plain activation. */
export type ActivationKind = typeof ACTIVATIONS[number];

/** Activations inside a gated unit: `silu` makes SwiGLU, `gelu` (exact) GeGLU (Shazeer, arXiv 2002.05202). */
export const GATED = ["silu", "gelu"] as const satisfies readonly ActivationKind[];

/** The activation inside a gated unit. */
export type GatedKind = typeof GATED[number];

/** Norms of a row: RMSNorm and LayerNorm. */
export const NORMS = ["rms", "layer"] as const;

/** A norm of a row. */
export type NormKind = typeof NORMS[number];

/** Functions between a recursion's score z and its gate: α times an activation of z, or z itself (`none`). */
export const GATES = ["sigmoid", "tanh", "none"] as const satisfies readonly (ActivationKind | "none")[];

/** A function between a recursion's score and its gate. */
export type GateKind = typeof GATES[number];

/** Functions between a router's logits and its probabilities. */
export const ROUTES = ["softmax", "sigmoid"] as const;

/** A function between a router's logits and its probabilities. */
export type RouteKind = typeof ROUTES[number];

/** Ways to merge LoRA experts: the mean of the updates, or one adapter of means. */
export const MERGES = ["delta", "factor"] as const;

/** A way to merge LoRA experts. */
export type MergeMode = typeof MERGES[number];

/** Ways in which the rows of a sequence become one vector. */
export const POOLINGS = ["mean", "first", "last", "max", "mean_sqrt_len", "weighted_mean"] as const;

/** A way in which the rows of a sequence become one vector. */
export type Pooling = typeof POOLINGS[number];
