/**
 * Gradients of a step over its microbatches. The result does not depend on how the step's sequences are cut into them.
 *
 * Every loss term is a mean over the whole step. Rows, labels and candidates of a step are known before it runs. Counts of
 * chosen experts and depths are not: with several microbatches a first forward pass, without tape and head, counts them.
 * The balance term of each microbatch is then linear in its own probabilities.
 *
 * @module
 */
import { type Device, type HostTensor, hostTensor } from "../op/device.ts";
import type { BalanceCounts, LossTotals } from "../model/losses.ts";
import type { Routing } from "../model/results.ts";
import type { Backend, RematKind, Tensor } from "../op/op.ts";
import { add } from "../ops/add.ts";
import { countChoices } from "../ops/optimizer.ts";
import { Tape } from "../ops/tape.ts";
import { labelledRows, liveRows, type TrainingBatch } from "./data/batches.ts";
import { backpropagate, type LossSeeds } from "./gradients.ts";
import type { Computed, MicrobatchInputs, Objective } from "./objective.ts";
import { termValues } from "./terms.ts";

/** Inputs of a step: of its microbatches, and what means are over, [1] each. */
export interface StepInputs<T> {
  /** Its microbatches. */
  readonly microbatches: readonly MicrobatchInputs<T>[];
  /** Rows with a label, live rows, and under top-k the candidates of each recursion. */
  readonly totals: { readonly labels: T; readonly rows: T; readonly candidates: readonly T[] };
}

/** Inputs of a step's microbatches. */
export function stepInputs<T extends Tensor, P>(
  objective: Objective<T, P>,
  step: number,
  batches: readonly TrainingBatch[],
): StepInputs<HostTensor> {
  let firstRow = 0;
  const microbatches = batches.map((batch) => {
    const inputs = objective.host(batch, { step, firstRow });
    firstRow += liveRows(batch);
    return inputs;
  });
  const candidates = microbatches.map(candidatesOf);
  const sum = (counts: readonly number[]) => hostTensor([1], [counts.reduce((sum, count) => sum + count, 0)]);
  return {
    microbatches,
    totals: {
      labels: sum(batches.map(labelledRows)),
      rows: hostTensor([1], [firstRow]),
      candidates: (candidates[0] ?? []).map((_, r) => sum(candidates.map((rows) => rows[r]))),
    },
  };
}

/** Candidates of each recursion under top-k: the rows that the previous recursion keeps of every sequence. */
function candidatesOf({ rows: { offsets: { data } }, capacity }: MicrobatchInputs<HostTensor>): number[] {
  let kept = Array.from({ length: data.length - 1 }, (_, b) => data[b + 1] - data[b]);
  return (capacity?.kept ?? []).map((most) => {
    const candidates = kept.reduce((sum, rows) => sum + rows, 0);
    kept = kept.map((rows, b) => Math.min(rows, most.data[b]));
    return candidates;
  });
}

/** Tensors of a recorded step before its update. */
export interface RecordedStep<T> {
  /** Gradients of the step's total loss, in the order of the schema's parameters. */
  readonly gradients: readonly (T | undefined)[];
  /** Loss terms of the step by name, [1] each. */
  readonly values: ReadonlyMap<string, T>;
  /** Loss-free balancing: the bias [N], and the step's counts of chosen depths [N]. */
  readonly biased?: { readonly bias: T; readonly counts: T };
  /** Routing of every microbatch. */
  readonly routing: readonly Routing<T>[];
}

/** Options of {@link recordStep}. */
export interface RecordOptions<T> {
  /** Factors of the loss terms. */
  readonly seeds: LossSeeds<T>;
  /** Regions that are recomputed in the backward pass. */
  readonly recompute: readonly RematKind[];
  /** Whether the noise of training is added; true unless given. */
  readonly training?: boolean;
}

/** Records loss terms and gradients of a step. */
export function recordStep<T extends Tensor, P>(
  device: Device<T>,
  objective: Objective<T, P>,
  params: P,
  { microbatches, totals: counted }: StepInputs<T>,
  { seeds, recompute, training = true }: RecordOptions<T>,
): RecordedStep<T> {
  const plus = (a: T | undefined, b: T) => a ? add(device, a, b) : b;
  const totals: LossTotals<T> = {
    ...counted,
    balance: microbatches.length > 1 ? countAll(device, objective, params, microbatches) : undefined,
  };
  const values = new Map<string, T>();
  const routing: Routing<T>[] = [];
  let gradients: (T | undefined)[] = [];
  let biased: RecordedStep<T>["biased"];
  microbatches.forEach((inputs) => {
    let computed: Computed<T>;
    const forward = (tape: Backend<T>) =>
      (computed = objective.compute(tape, params, inputs, { training, totals })).terms;
    const found = backpropagate(device, { schema: objective.schema, params }, forward, seeds, { recompute });
    gradients = found.gradients.map((g, i) => g ? plus(gradients[i], g) : gradients[i]);
    for (const [name, value] of termValues(device, found.terms)) values.set(name, plus(values.get(name), value));
    routing.push(computed!.routing);
    const { choices } = computed!;
    if (!choices) return;
    const counts = countChoices(device, choices, { E: choices.bias.shape[0] });
    biased = { bias: choices.bias, counts: plus(biased?.counts, counts) };
  });
  return { gradients, values, biased, routing };
}

/** The first pass: choices of all microbatches. A tape of nothing runs the very operations of the second pass. */
function countAll<T extends Tensor, P>(
  device: Device<T>,
  objective: Objective<T, P>,
  params: P,
  microbatches: readonly MicrobatchInputs<T>[],
): BalanceCounts<T> | undefined {
  const tape = new Tape(device, []);
  const plus = (a: T | undefined, b: T | undefined) => a && b ? add(device, a, b) : a ?? b;
  return microbatches.map((inputs) => objective.balanceCounts(tape, params, inputs)).reduce((sum, one) => {
    if (!sum || !one) return sum ?? one;
    const experts = sum.experts.map((counts, use) => add(device, counts, one.experts[use]));
    return { depths: plus(sum.depths, one.depths), experts };
  });
}
