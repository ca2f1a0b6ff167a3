/**
 * Settings of text embeddings that a sentence-transformers folder declares.
 *
 * @module
 */
import type { ActivationKind, Pooling } from "../../op/kinds.ts";
import type { HostTensor } from "../../op/device.ts";

/** A projection of vectors: y = activation(x·wᵀ + bias). */
export interface DenseStep {
  /** w, [O, I]. */
  readonly weight: HostTensor;
  /** [O]. */
  readonly bias?: HostTensor;
  /** Activation; none unless given. */
  readonly activation?: ActivationKind;
}

/** A step on pooled vectors: a projection, or normalisation to unit length. */
export type VectorStep = DenseStep | "normalize";

/** Default settings of embeddings. */
export interface SentenceConfig {
  /** Poolings of the hidden states, concatenated. */
  readonly poolings: readonly Pooling[];
  /** Steps after pooling, in order. */
  readonly steps: readonly VectorStep[];
  /** Width to which vectors are truncated; all numbers unless given. */
  readonly truncate?: number;
  /** Prompt before every text. */
  readonly prompt: string;
  /** Whether texts are lower-cased. */
  readonly lowerCase: boolean;
  /** Maximum length of a text in tokens, special ones included; longer texts are truncated. */
  readonly maxTokens: number;
}
