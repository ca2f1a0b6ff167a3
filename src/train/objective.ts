/**
 * What a model is trained for: from a batch to loss terms, written against a backend like the model itself.
 *
 * @module
 */
import type { HostTensor } from "../device.ts";
import type { LossTerms } from "../model/losses.ts";
import type { Backend, Tensor } from "../op.ts";
import type { TrainingBatch } from "./data/batches.ts";
import type { LossFactors } from "./gradients.ts";

/** Where a run stands. */
export interface Position {
  /** Step, from 0. */
  readonly step: number;
  /** Microbatch of the step, from 0. */
  readonly microbatch: number;
}

/** What one microbatch computes. */
export interface Computed<T> {
  /** Loss terms, each to be multiplied by its factor. */
  readonly terms: LossTerms<T>;
  /** Routing, by the names that `readRecursions` and `readExperts` know. */
  readonly routing: Readonly<Record<string, T>>;
  /** Choices of depth that a bias balances without a loss. */
  readonly choices?: { readonly bias: T; readonly experts: T; readonly offsets: T };
}

/** A model's training task. P is the record of its parameters. */
export interface Objective<T extends Tensor, P> {
  /** Schema of the parameters. */
  readonly schema: unknown;
  /** Factors of the loss terms in the total. */
  readonly factors: LossFactors;
  /** Inputs of a microbatch. */
  host(batch: TrainingBatch, position: Position): Record<string, HostTensor>;
  /** Loss terms of a microbatch; `training` ones have noise. */
  compute(backend: Backend<T>, params: P, inputs: Readonly<Record<string, T>>, training: boolean): Computed<T>;
  /** Frees constants. */
  dispose(): void;
}

/** A microbatch's inputs, without its number before their names. */
export function inputsOf<T>(named: Readonly<Record<string, T>>, micro: number): Record<string, T> {
  const prefix = `${micro}.`;
  const own = Object.entries(named).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
