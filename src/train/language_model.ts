/**
 * The common part of both language-model objectives: teacher, inputs of a microbatch, RoPE tables of its positions.
 *
 * @module
 */
import { record } from "../common/options.ts";
import { type Device, hostIndices, type HostTensor } from "../op/device.ts";
import { isId, lengthsOf } from "../model/batch.ts";
import { headInputs, partRows } from "../model/head.ts";
import type { LossTerms } from "../model/losses.ts";
import type { RopeTables } from "../model/rope_tables.ts";
import type { Tensor } from "../op/op.ts";
import { NO_LABEL, type TrainingBatch } from "./data/batches.ts";
import type { LossFactors } from "./gradients.ts";
import type { MicrobatchInputs, MicrobatchStart } from "./objective.ts";

/** Sizes that a teacher must share with its student. */
interface Sizes {
  readonly V: number;
  readonly D: number;
}

/** A model whose predictions are learned from. */
export interface Teacher<C, P> {
  /** Its configuration: the student's vocabulary, and for the term `cosine` the student's width. */
  readonly config: C;
  /** Its weights on the device. */
  readonly params: P;
  /** τ of the KL divergence. */
  readonly temperature: number;
}

/** Options of a language model's objective. C is the model's configuration, P the record of its parameters. */
export interface LMOptions<C, P> {
  /** Factors of the loss terms: `lm` 1 and the configuration's unless given. */
  readonly factors?: LossFactors;
  /** Teacher, for the term `klDivergence`, of encoders also `cosine`. */
  readonly teacher?: Teacher<C, P>;
}

/** Kinds of {@link LMOptions}. */
export const LM_KINDS = { factors: record, teacher: record } as const;

/** Throws a RangeError where a teacher's vocabulary or, for a loss on hidden states, width is not the student's. */
export function checkTeacher(student: Sizes, teacher: Sizes | undefined, hidden = false): void {
  if (!teacher) return;
  const { V, D } = student;
  const refuse = (reason: string) => new RangeError(`Cannot learn from the teacher: ${reason}`);
  if (teacher.V !== V) throw refuse(`its vocabulary has ${teacher.V} tokens, the student's ${V}`);
  if (hidden && teacher.D !== D) {
    throw refuse(`the cosine of hidden states needs equal widths, its width is ${teacher.D}, the student's ${D}`);
  }
}

/** Loss terms without the balance terms that have no factor: a step counts no choices for them. */
export function dropUnweightedBalance<T>(
  terms: LossTerms<T>,
  { routerBalance, molBalance }: LossFactors,
): LossTerms<T> {
  return {
    ...terms,
    routerBalance: routerBalance ? terms.routerBalance : [],
    molBalance: molBalance ? terms.molBalance : [],
  };
}

/** Throws a RangeError for an id or a label outside a vocabulary of V. */
function checkBatch({ rows: { ids }, labels }: TrainingBatch, V: number): void {
  const check = (what: string, { data }: HostTensor, none?: number) => {
    const row = data.findIndex((id) => !isId(id, V) && id !== none);
    if (row < 0) return;
    throw new RangeError(`Cannot run the batch: ${what} ${data[row]} of row ${row} is outside the vocabulary of ${V}`);
  };
  check("id", ids);
  check("label", labels, NO_LABEL);
}

/** Rows of the RoPE tables for the positions in use. Throws a RangeError for a sequence longer than the tables. */
function positionsOf<T extends Tensor>(tables: readonly RopeTables<T>[], { rows }: TrainingBatch): number {
  const longest = Math.max(0, ...lengthsOf(rows));
  const most = Math.min(...tables.map(({ maxPositions }) => maxPositions));
  if (longest > most) {
    throw new RangeError(`Cannot run the batch: a sequence has ${longest} tokens, ${most} positions is the most`);
  }
  return Math.max(...tables.map((each) => each.rows(longest)));
}

/**
 * Inputs of a microbatch but for its labels: its rows, the head's parts over `rows` rows of which `live` are read, the seed
 * of the noise, the positions in use.
 *
 * Throws a RangeError for an id or a label outside the vocabulary, or a sequence longer than the tables.
 */
export function lmInputs<T extends Tensor>(
  { device, config: { V } }: { readonly device: Device<T>; readonly config: Sizes },
  tables: readonly RopeTables<T>[],
  { batch, start: { step, firstRow } }: { batch: TrainingBatch; start: MicrobatchStart },
  { rows, live }: { rows: number; live: number },
): Omit<MicrobatchInputs<HostTensor>, "labels"> {
  checkBatch(batch, V);
  return {
    rows: batch.rows,
    head: headInputs(rows, partRows(V, device), live),
    seed: hostIndices([step, firstRow]),
    positions: positionsOf(tables, batch),
  };
}
