/**
 * Training objectives: from a batch to loss terms, written against a backend like the model itself.
 *
 * @module
 */
import type { HostTensor } from "../op/device.ts";
import type { BalanceCounts, LossTerms, LossTotals } from "../model/losses.ts";
import type { Backend, Tensor } from "../op/op.ts";
import type { TrainingBatch } from "./data/batches.ts";
import type { LossFactors } from "./gradients.ts";

/** Step and first row of a microbatch: the counters of its noise. */
export interface MicrobatchStart {
  /** Step, from 0. */
  readonly step: number;
  /** Live rows of the step's earlier microbatches. */
  readonly firstRow: number;
}

/** Results of one microbatch. */
export interface Computed<T> {
  /** Loss terms, each to be multiplied by its factor; a balance without a factor is left out. */
  readonly terms: LossTerms<T>;
  /** Routing, by the names that `readRecursions` and `readExperts` know. */
  readonly routing: Readonly<Record<string, T>>;
  /** Token-choice with loss-free balancing: the bias, and the chosen depths it balances. */
  readonly choices?: { readonly bias: T; readonly experts: T; readonly offsets: T };
}

/** Options of {@link Objective.compute}. */
export interface ComputeOptions<T> {
  /** Whether the noise of training is added. */
  readonly training: boolean;
  /** Counts over a whole step: terms are shares of those of the step. The microbatch's own unless given. */
  readonly totals?: LossTotals<T>;
}

/** Loss of a model over batches. P is the record of the model's parameters. */
export interface Objective<T extends Tensor, P> {
  /** Schema of the parameters. */
  readonly schema: unknown;
  /** Factors of the loss terms in the total. */
  readonly factors: LossFactors;
  /** Inputs of a microbatch. */
  host(batch: TrainingBatch, start: MicrobatchStart): Record<string, HostTensor>;
  /** Loss terms of a microbatch. */
  compute(backend: Backend<T>, params: P, inputs: Readonly<Record<string, T>>, options: ComputeOptions<T>): Computed<T>;
  /** Counts the choices of a microbatch that balance terms with a factor need; undefined without such a term. */
  balanceCounts(
    backend: Backend<T>,
    params: P,
    inputs: Readonly<Record<string, T>>,
  ): BalanceCounts<T> | undefined;
  /** Frees constants. */
  dispose(): void;
}

/** The tensors whose names start with a prefix, named without it. */
export function inputsOf<T>(named: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  const own = Object.entries(named).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
