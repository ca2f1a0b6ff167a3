/**
 * Configuration of a recursive encoder (ModernALBERT, arXiv 2512.12880; plain ModernBERT, arXiv 2412.13663, is its group depth of 1).
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
  /** Maximum distance of visible rows in a local layer. */
  readonly window: number;
  /** Rotary position embedding of local layers. */
  readonly rope: Rope;
}

/** A bidirectional encoder, optionally with layers shared in groups. */
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
  /** Whether the first layer has no attention norm (ModernBERT). */
  readonly firstNormIdentity: boolean;
  /** Whether the checkpoint names are ModernBERT's. */
  readonly naming: "modernalbert" | "modernbert";
  /** Window of local layers; absent: all layers are global. */
  readonly local?: LocalAttention;
  /** LoRA experts; `layers` are groups. */
  readonly mol?: MolConfig;
  /** Groups with the feed-forward width of experts; separate from `mol`, because merging removes the experts only. */
  readonly wideGroups: readonly number[];
  /** ε of LayerNorm. */
  readonly eps: number;
  /** Rotary position embedding of global layers. */
  readonly rope: Rope;
  /** Maximum number of positions. */
  readonly maxPositions: number;
  /** Whether the head's last matrix shares the embedding's weights. */
  readonly tied: boolean;
  /** Special tokens. */
  readonly ids: SpecialIds;
  /** Dropout probability in training; 0: none. */
  readonly dropout: number;
  /** Factor of the experts' load balance in the training total. */
  readonly balanceCoefficient: number;
}
