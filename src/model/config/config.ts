/**
 * What a recursive decoder is: sizes by their axis letters, and how its layers are shared, routed and cached.
 *
 * @module
 */
import type { GateParams } from "../../ops/router.ts";
import type { Rope } from "../../ops/rope_frequencies.ts";
import type { MolConfig } from "./mol_config.ts";

/** Which layers share weights (Mixture-of-Recursions, arXiv 2507.10524, §2.1, table 1). */
export type Sharing = "none" | "cycle" | "sequence" | "middle_cycle" | "middle_sequence";

/** Where a recursion's keys and values come from (§2.2.2; `hybrid` is the ablation). */
export type KeyValues = "recursion" | "share" | "hybrid";

/** How the recursions of a decoder are run. */
export interface RecursionConfig {
  /** Which layers share weights. */
  readonly sharing: Sharing;
  /** Recursions (the paper's N_r). */
  readonly N: number;
  /** Whether every token runs all recursions, or recursions choose tokens, or tokens choose a depth. */
  readonly routing: "none" | "expert" | "token";
  /** The router: one matrix, or two around an exact gelu, 2D or 4D wide. */
  readonly router: "linear" | "mlp" | "wide_mlp";
  /** From scores to gates; token-choice uses `softmax` or `sigmoid`. */
  readonly gate: GateParams["kind"] | "softmax";
  /** α, the gate's factor. */
  readonly alpha: number;
  /** Fraction of the original tokens that each recursion keeps, length N; (N − r + 1)/N unless given. */
  readonly capacity?: readonly number[];
  /** Where keys and values come from. */
  readonly kv: KeyValues;
  /** Expert-choice only: a second router per recursion, trained on a detached stream, decides at inference (§2.2.1, "auxiliary router"). */
  readonly auxiliary: boolean;
  /** Token-choice only: balance by a loss, or by a bias on the choice. */
  readonly balancing: "loss" | "loss_free";
  /** Token-choice only: whether a bias is added to the probabilities when the depth is chosen. */
  readonly bias: boolean;
}

/** Factors of the losses in the training total; 0 leaves a loss out. */
export interface LossCoefficients {
  /** Binary cross-entropy of expert-choice routers. */
  readonly routerAux: number;
  /** z-loss of the router. */
  readonly routerZ: number;
  /** Balance of token-choice. */
  readonly routerBalance: number;
  /** Balance of MoL experts. */
  readonly molBalance: number;
}

/** A Llama-style decoder whose layers may be reused. */
export interface DecoderConfig {
  /** Width of the residual stream. */
  readonly D: number;
  /** Feed-forward width. */
  readonly F: number;
  /** Vocabulary. */
  readonly V: number;
  /** Query heads. */
  readonly H: number;
  /** Key/value heads. */
  readonly G: number;
  /** Head width. */
  readonly K: number;
  /** Unrolled layers. */
  readonly L: number;
  /** ε of RMSNorm. */
  readonly eps: number;
  /** Rotary position embedding. */
  readonly rope: Rope;
  /** Positions at most. */
  readonly maxPositions: number;
  /** Whether the head is the embedding. */
  readonly tied: boolean;
  /** Sharing, routing and caching. */
  readonly recursion: RecursionConfig;
  /** LoRA experts in named unique layers. */
  readonly mol?: MolConfig;
  /** Factors of the training losses. */
  readonly losses: LossCoefficients;
  /** First token of a text, if the model wants one. */
  readonly bos?: number;
  /** Tokens that end a text. */
  readonly eos: readonly number[];
}
