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
import type { Backend, RematKind, Tensor } from "../op/op.ts";
import { add } from "../ops/add.ts";
import { countChoices } from "../ops/optimizer.ts";
import { Tape } from "../ops/tape.ts";
import { labelledRows, liveRows, type TrainingBatch } from "./data/batches.ts";
import { backpropagate, type LossSeeds } from "./gradients.ts";
import { type Computed, inputsOf, type Objective } from "./objective.ts";
import { termValues } from "./terms.ts";

type Named<T> = Record<string, T>;

/** Inputs of a step's microbatches, each name prefixed by the microbatch's number, and the row counts `total.…` of its means. */
export function stepInputs<T extends Tensor, P>(
  objective: Objective<T, P>,
  step: number,
  batches: readonly TrainingBatch[],
): Named<HostTensor> {
  const named: Named<HostTensor> = {};
  const totals = new Map<string, number>();
  const count = (name: string, rows: number) => totals.set(name, (totals.get(name) ?? 0) + rows);
  let firstRow = 0;
  batches.forEach((batch, microbatch) => {
    const inputs = objective.host(batch, { step, firstRow });
    for (const [name, host] of Object.entries(inputs)) named[`${microbatch}.${name}`] = host;
    firstRow += liveRows(batch);
    count("labels", labelledRows(batch));
    count("rows", liveRows(batch));
    candidatesOf(inputs).forEach((rows, r) => count(`candidates.${r}`, rows));
  });
  for (const [name, rows] of totals) named[`total.${name}`] = hostTensor([1], [rows]);
  return named;
}

/** The number of labelled rows of a step, from its inputs. */
export function labelsOf(inputs: Readonly<Named<HostTensor>>): number {
  return inputs["total.labels"].data[0];
}

/** Candidates of each recursion under top-k: the rows that the previous recursion keeps of every sequence. */
function candidatesOf(inputs: Readonly<Named<HostTensor>>): number[] {
  const { data } = inputs.offsets;
  let kept = Array.from({ length: data.length - 1 }, (_, b) => data[b + 1] - data[b]);
  const candidates: number[] = [];
  const capacity = (r: number) => inputs[`capacity.${r}`] ?? inputs[`warming.${r}`];
  for (let r = 0; capacity(r); r++) {
    candidates.push(kept.reduce((sum, rows) => sum + rows, 0));
    kept = kept.map((rows, b) => Math.min(rows, capacity(r).data[b]));
  }
  return candidates;
}

/** Tensors of a recorded step before its update. */
export interface RecordedStep<T> {
  /** Gradients of the step's total loss, in the order of the schema's parameters. */
  readonly gradients: readonly (T | undefined)[];
  /** Loss terms of the step by name, [1] each. */
  readonly values: ReadonlyMap<string, T>;
  /** Loss-free balancing: the bias [N], and the step's counts of chosen depths [N]. */
  readonly biased?: { readonly bias: T; readonly counts: T };
  /** Routing of every microbatch, each name prefixed by its number. */
  readonly routing: Named<T>;
}

/** Options of {@link recordStep}. */
export interface RecordOptions<T> {
  /** Number of microbatches. */
  readonly accumulate: number;
  /** Factors of the loss terms. */
  readonly seeds: LossSeeds<T>;
  /** Regions that are recomputed in the backward pass. */
  readonly recompute: readonly RematKind[];
  /** Whether the noise of training is added; true unless given. */
  readonly training?: boolean;
}

/** Records loss terms and gradients of a step. `named` are the inputs that {@link stepInputs} makes. */
export function recordStep<T extends Tensor, P>(
  device: Device<T>,
  objective: Objective<T, P>,
  params: P,
  named: Readonly<Named<T>>,
  { accumulate, seeds, recompute, training = true }: RecordOptions<T>,
): RecordedStep<T> {
  const plus = (a: T | undefined, b: T) => a ? add(device, a, b) : b;
  const microbatches = Array.from({ length: accumulate }, (_, micro) => inputsOf(named, `${micro}.`));
  const totals: LossTotals<T> = {
    ...totalsOf(inputsOf(named, "total.")),
    balance: accumulate > 1 ? countAll(device, objective, params, microbatches) : undefined,
  };
  const values = new Map<string, T>();
  const routing: Named<T> = {};
  let gradients: (T | undefined)[] = [];
  let biased: RecordedStep<T>["biased"];
  microbatches.forEach((inputs, micro) => {
    let computed: Computed<T>;
    const forward = (tape: Backend<T>) =>
      (computed = objective.compute(tape, params, inputs, { training, totals })).terms;
    const found = backpropagate(device, { schema: objective.schema, params }, forward, seeds, { recompute });
    gradients = found.gradients.map((g, i) => g ? plus(gradients[i], g) : gradients[i]);
    for (const [name, value] of termValues(device, found.terms)) values.set(name, plus(values.get(name), value));
    for (const [name, tensor] of Object.entries(computed!.routing)) routing[`${micro}.${name}`] = tensor;
    const { choices } = computed!;
    if (!choices) return;
    const counts = countChoices(device, choices, { E: choices.bias.shape[0] });
    biased = { bias: choices.bias, counts: plus(biased?.counts, counts) };
  });
  return { gradients, values, biased, routing };
}

function totalsOf<T>({ labels, rows, ...others }: Named<T>): LossTotals<T> {
  const candidates: T[] = [];
  for (let r = 0; `candidates.${r}` in others; r++) candidates.push(others[`candidates.${r}`]);
  return { labels, rows, candidates };
}

/** The first pass: counts the choices of all microbatches. A tape without watched tensors runs the same operations as the second pass. */
function countAll<T extends Tensor, P>(
  device: Device<T>,
  objective: Objective<T, P>,
  params: P,
  microbatches: readonly Named<T>[],
): BalanceCounts<T> | undefined {
  const tape = new Tape(device, []);
  const plus = (a: T | undefined, b: T | undefined) => a && b ? add(device, a, b) : a ?? b;
  return microbatches.map((inputs) => objective.balanceCounts(tape, params, inputs)).reduce((sum, one) => {
    if (!sum || !one) return sum ?? one;
    const experts = sum.experts.map((counts, use) => add(device, counts, one.experts[use]));
    return { depths: plus(sum.depths, one.depths), experts };
  });
}
