/**
 * What a recursive encoder is (ModernALBERT, arXiv 2512.12880; plain ModernBERT, arXiv 2412.13663, is its group depth of 1).
 *
 * @module
 */
import type { Rope } from "../../ops/rope_frequencies.ts";
import type { MolConfig } from "./mol_config.ts";
import type { SpecialIds } from "./token_ids.ts";

/** Attention that some layers restrict to a window (ModernBERT §2.1.2). */
export interface LocalAttention {
  /** Numbers of the local layers, ascending. */
  readonly layers: readonly number[];
  /** A local layer sees rows at most this far away. */
  readonly window: number;
  /** Rotary position embedding of local layers. */
  readonly rope: Rope;
}

/** A bidirectional encoder whose layers may be shared in groups. */
export interface EncoderConfig {
  /** Width of the residual stream. */
  readonly D: number;
  /** Embedding width; D means not factorised. */
  readonly J: number;
  /** Vocabulary. */
  readonly V: number;
  /** Heads. */
  readonly H: number;
  /** Head width. */
  readonly K: number;
  /** Unrolled layers. */
  readonly L: number;
  /** Consecutive layers that share all parameters. */
  readonly groupDepth: number;
  /** Feed-forward width of each group. */
  readonly F: readonly number[];
  /** Whether embeddings are projected from J to D. */
  readonly factorised: boolean;
  /** Whether the first layer attends without a norm before it (ModernBERT). */
  readonly firstNormIdentity: boolean;
  /** Whether the checkpoint names are ModernBERT's. */
  readonly naming: "modernalbert" | "modernbert";
  /** Window of local layers; absent: all layers are global. */
  readonly local?: LocalAttention;
  /** LoRA experts; `layers` are groups. */
  readonly mol?: MolConfig;
  /** Groups that are as wide as those with experts; kept apart from `mol` because merging removes the experts only. */
  readonly wideGroups: readonly number[];
  /** ε of LayerNorm. */
  readonly eps: number;
  /** Rotary position embedding, of global layers where there are local ones. */
  readonly rope: Rope;
  /** Positions at most. */
  readonly maxPositions: number;
  /** Whether the head's last matrix is the embedding. */
  readonly tied: boolean;
  /** Tokens around a text. */
  readonly ids: SpecialIds;
  /** Share of elements that dropout takes in training; 0: none. */
  readonly dropout: number;
  /** Factor of the experts' load balance in the training total. */
  readonly balanceCoefficient: number;
}
