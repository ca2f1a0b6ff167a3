/**
 * What a checkpoint declares of the vectors of its texts, as sentence-transformers folders do.
 *
 * @module
 */
import type { HostTensor } from "../../op/device.ts";
import type { ActivationKind } from "../../ops/activation.ts";
import type { Pooling } from "../../ops/pool.ts";

/** A projection of vectors: y = activation(x·wᵀ + bias). */
export interface DenseStep {
  /** w, [O, I]. */
  readonly weight: HostTensor;
  /** [O]. */
  readonly bias?: HostTensor;
  /** None unless given. */
  readonly activation?: ActivationKind;
}

/** What happens to pooled vectors: a projection, or the division by their length. */
export type VectorStep = DenseStep | "normalize";

/** How texts become vectors where a caller does not say. */
export interface SentenceConfig {
  /** Poolings of the hidden states, side by side. */
  readonly poolings: readonly Pooling[];
  /** What follows, in order. */
  readonly steps: readonly VectorStep[];
  /** Numbers that are kept of a vector, the first ones; all unless given. */
  readonly truncate?: number;
  /** Text before every text. */
  readonly prompt: string;
  /** Whether texts are in lower case. */
  readonly lowerCase: boolean;
  /** Tokens of a text at most, special ones included: what is beyond is cut. */
  readonly maxTokens: number;
}
