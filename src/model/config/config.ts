/**
 * Configuration of a recursive decoder: sizes by axis letter, layer sharing, routing and caching.
 *
 * @module
 */
import type { GateKind, RouteKind } from "../../op/kinds.ts";
import type { Rope } from "../../ops/rope_frequencies.ts";
import type { MolConfig } from "./mol_config.ts";

/** Which layers share weights (Mixture-of-Recursions, arXiv 2507.10524, §2.1, table 1). */
export type Sharing = "none" | "cycle" | "sequence" | "middle_cycle" | "middle_sequence";

/** Source of a recursion's keys and values (§2.2.2; `hybrid` is the ablation). */
export type KeyValues = "recursion" | "share" | "hybrid";

/** Settings of a decoder's recursions. */
export interface RecursionConfig {
  /** Which layers share weights. */
  readonly sharing: Sharing;
  /** Recursions (the paper's N_r). */
  readonly N: number;
  /** Routing: every token runs all recursions, or expert-choice (recursions choose tokens), or token-choice (tokens choose a depth). */
  readonly routing: "none" | "expert" | "token";
  /** Router: one matrix, or a two-layer MLP with exact gelu of width 2D or 4D. */
  readonly router: "linear" | "mlp" | "wide_mlp";
  /** Gate function of the scores; token-choice uses `softmax` or `sigmoid`. */
  readonly gate: GateKind | RouteKind;
  /** α, the gate's factor. */
  readonly alpha: number;
  /** Fraction of the original tokens that each recursion keeps, length N; (N − r + 1)/N unless given. */
  readonly capacity?: readonly number[];
  /** Source of keys and values. */
  readonly kv: KeyValues;
  /** Expert-choice only: a second router per recursion, trained on a detached stream, selects at inference (§2.2.1, "auxiliary router"). */
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

/** A Llama-style decoder, optionally with shared layers. */
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
  /** Maximum number of positions. */
  readonly maxPositions: number;
  /** Whether the head shares the embedding's weights. */
  readonly tied: boolean;
  /** Sharing, routing and caching. */
  readonly recursion: RecursionConfig;
  /** LoRA experts in named unique layers. */
  readonly mol?: MolConfig;
  /** Factors of the training losses. */
  readonly losses: LossCoefficients;
  /** Begin-of-text token, if the model has one. */
  readonly bos?: number;
  /** Tokens that end a text. */
  readonly eos: readonly number[];
}
