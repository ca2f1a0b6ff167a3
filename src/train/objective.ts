/**
 * Training objectives: from a batch to loss terms, written against a backend like the model itself.
 *
 * @module
 */
import type { HostTensor } from "../op/device.ts";
import type { HeadInputs } from "../model/head.ts";
import type { BalanceCounts, LossTerms, LossTotals } from "../model/losses.ts";
import type { Routing } from "../model/results.ts";
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

/** Inputs of one microbatch; values that are no tensors choose the program. */
export interface MicrobatchInputs<T> {
  /** Its rows. */
  readonly rows: { readonly ids: T; readonly positions: T; readonly offsets: T };
  /** What to predict at each row of the head, [M] i32, negative for none. */
  readonly labels: T;
  /** Parts of the head. */
  readonly head: HeadInputs<T>;
  /** Counters of the noise: step and first row, [2] i32. */
  readonly seed: T;
  /** Rows of the RoPE tables. */
  readonly positions: number;
  /** Top-k: rows that each recursion keeps, N × [B] i32, and whether they are those of the capacity warm-up. */
  readonly capacity?: { readonly kept: readonly T[]; readonly warming: boolean };
  /** Masked prediction: the rows that the head scores, and their offsets [2] i32. */
  readonly scored?: { readonly rows: T; readonly offsets: T };
}

/** Results of one microbatch. */
export interface Computed<T> {
  /** Loss terms, each to be multiplied by its factor; a balance without a factor is left out. */
  readonly terms: LossTerms<T>;
  /** Routing of its rows. */
  readonly routing: Routing<T>;
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
  host(batch: TrainingBatch, start: MicrobatchStart): MicrobatchInputs<HostTensor>;
  /** Loss terms of a microbatch. */
  compute(backend: Backend<T>, params: P, inputs: MicrobatchInputs<T>, options: ComputeOptions<T>): Computed<T>;
  /** Counts the choices of a microbatch that balance terms with a factor need; undefined without such a term. */
  balanceCounts(
    backend: Backend<T>,
    params: P,
    inputs: MicrobatchInputs<T>,
  ): BalanceCounts<T> | undefined;
  /** Frees constants. */
  dispose(): void;
}
