/**
 * What a model is trained for: from a batch to loss terms, written against a backend like the model itself.
 *
 * @module
 */
import type { HostTensor } from "../op/device.ts";
import type { BalanceCounts, LossTerms, LossTotals } from "../model/losses.ts";
import type { Backend, Tensor } from "../op/op.ts";
import type { TrainingBatch } from "./data/batches.ts";
import type { LossFactors } from "./gradients.ts";

/** Where a microbatch stands in a run. */
export interface Position {
  /** Step, from 0. */
  readonly step: number;
  /** Live rows of the step's microbatches before. */
  readonly firstRow: number;
}

/** What one microbatch computes. */
export interface Computed<T> {
  /** Loss terms, each to be multiplied by its factor; a balance without a factor is left out. */
  readonly terms: LossTerms<T>;
  /** Routing, by the names that `readRecursions` and `readExperts` know. */
  readonly routing: Readonly<Record<string, T>>;
  /** Choices of depth that a bias balances without a loss. */
  readonly choices?: { readonly bias: T; readonly experts: T; readonly offsets: T };
}

/** How a microbatch is computed. */
export interface ComputeOptions<T> {
  /** With the noise of training. */
  readonly training: boolean;
  /** Counts over a whole step: terms are shares of those of the step. The microbatch's own unless given. */
  readonly totals?: LossTotals<T>;
}

/** A model's training task. P is the record of its parameters. */
export interface Objective<T extends Tensor, P> {
  /** Schema of the parameters. */
  readonly schema: unknown;
  /** Factors of the loss terms in the total. */
  readonly factors: LossFactors;
  /** Inputs of a microbatch. */
  host(batch: TrainingBatch, position: Position): Record<string, HostTensor>;
  /** Loss terms of a microbatch. */
  compute(backend: Backend<T>, params: P, inputs: Readonly<Record<string, T>>, how: ComputeOptions<T>): Computed<T>;
  /** Choices of a microbatch in training that terms with a factor balance; undefined where there is no such term. */
  balanceCounts(
    backend: Backend<T>,
    params: P,
    inputs: Readonly<Record<string, T>>,
  ): BalanceCounts<T> | undefined;
  /** Frees constants. */
  dispose(): void;
}

/** The tensors whose names start with a prefix, by the rest of their names. */
export function inputsOf<T>(named: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  const own = Object.entries(named).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
