/**
 * Masked-language modelling with an encoder, perhaps distilled from another (mol.md §4).
 *
 * @module
 */
import { type Device, hostIndices, type HostTensor } from "../op/device.ts";
import { encode, type EncoderInputs, maskedLogits } from "../model/encoder.ts";
import type { EncoderConfig } from "../model/config/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../model/encoder_schema.ts";
import { type BalanceCounts, balanceCounts, molBalance } from "../model/losses.ts";
import { expertOutputs } from "../model/results.ts";
import { RopeTables } from "../model/rope_tables.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { cosineDistance, divergence } from "../ops/distillation.ts";
import { crossEntropy, mean } from "../ops/losses.ts";
import { ropeTable } from "../ops/rope.ts";
import { gather } from "../ops/rows.ts";
import type { TrainingBatch } from "./data/batches.ts";
import type { LossFactors } from "./gradients.ts";
import { freeParts, headLosses, type HeadParts, headParts, partOffsets, partRows } from "./head.ts";
import { checkBatch, positionsInput, tablesFor } from "./inputs.ts";
import type { Computed, ComputeOptions, Objective, Position } from "./objective.ts";
import { scoredRows } from "./scored.ts";

type Named<T> = Readonly<Record<string, T>>;

/** An encoder whose predictions and hidden states are learned from. */
export interface EncoderTeacher<T> {
  /** Its configuration; the vocabulary must be the student's, for hidden states the width too. */
  readonly config: EncoderConfig;
  /** Its weights on the device. */
  readonly params: EncoderParams<T>;
  /** τ of the divergence. */
  readonly temperature: number;
}

/** How to train an encoder. */
export interface MaskedLMOptions<T> {
  /** Rows of a microbatch that have a label, at most. */
  readonly scored: number;
  /** Factors of the loss terms: `lm` 1 and the configuration's balance unless given. */
  readonly factors?: LossFactors;
  /** Teacher, for the terms `divergence` and `cosine`. */
  readonly teacher?: EncoderTeacher<T>;
}

/** RoPE's tables of an encoder: global layers, and local ones where it has them. */
function tablesOf<T extends Tensor>(
  device: Device<T>,
  { maxPositions, K, rope, local }: EncoderConfig,
): RopeTables<T>[] {
  return [rope, ...(local ? [local.rope] : [])].map((base) =>
    new RopeTables(device, maxPositions, (rows) => ropeTable(rows, K, base))
  );
}

/** Masked-language modelling: total = lm + balance + divergence at masked rows + cosine (mol.md §2, §4). */
export class MaskedLM<T extends Tensor> implements Objective<T, EncoderParams<T>> {
  /** Schema of the encoder. */
  readonly schema: EncoderParams<unknown>;
  /** Factors of the loss terms. */
  readonly factors: LossFactors;
  readonly #tables: RopeTables<T>[];
  readonly #teacherTables: RopeTables<T>[];
  readonly #parts?: HeadParts<T>;

  /** Copies constants to a device. Throws a RangeError when the teacher's sizes do not fit. */
  constructor(readonly device: Device<T>, readonly config: EncoderConfig, readonly options: MaskedLMOptions<T>) {
    const { teacher, scored } = options;
    this.schema = encoderSchema(config);
    this.factors = { lm: 1, molBalance: config.balanceCoefficient, ...options.factors };
    if (teacher) checkTeacher(config, teacher.config, Boolean(this.factors.cosine));
    this.#tables = tablesOf(device, config);
    this.#teacherTables = teacher ? tablesOf(device, teacher.config) : [];
    this.#parts = headParts(device, scored, partRows(config.V, device));
  }

  /** Ids, the rows that are scored with their labels, and the seed of the step's noise. */
  host(batch: TrainingBatch, { step, firstRow }: Position): Record<string, HostTensor> {
    const { rows, labels } = batch, { scored } = this.options;
    checkBatch(batch, this.config.V);
    const lists = scoredRows(labels.data as Int32Array, scored);
    return {
      ...rows,
      ...lists,
      ...partOffsets(lists.scoredOffsets.data[1], scored, partRows(this.config.V, this.device)),
      seed: hostIndices([step, firstRow]),
      ...positionsInput([...this.#tables, ...this.#teacherTables], batch),
    };
  }

  get #balanced(): boolean {
    return Boolean(this.config.mol && this.factors.molBalance);
  }

  #encode(backend: Backend<T>, params: EncoderParams<T>, named: Named<T>, training: boolean) {
    const noise = training ? { seed: named.seed, dropout: this.config.dropout, use: 0 } : undefined;
    return encode(backend, params, this.config, { ...inputsOf(named, this.#tables), noise });
  }

  /** Runs the encoder. */
  balanceCounts(
    backend: Backend<T>,
    params: EncoderParams<T>,
    named: Readonly<Record<string, T>>,
  ): BalanceCounts<T> | undefined {
    if (!this.#balanced) return undefined;
    return balanceCounts(backend, this.#encode(backend, params, named, true), named.offsets);
  }

  /** Loss terms and the choice of experts. */
  compute(
    backend: Backend<T>,
    params: EncoderParams<T>,
    named: Readonly<Record<string, T>>,
    { training, totals }: ComputeOptions<T>,
  ): Computed<T> {
    const { labels, scored, scoredOffsets, offsets } = named;
    const { hidden, experts } = this.#encode(backend, params, named, training);
    const taught = this.#taught(named);
    const tensors: Named<T> = {
      hidden: gather(backend, hidden, scored, scoredOffsets),
      labels,
      ...(taught && { teacher: taught.scored }),
    };
    const [nll, kl] = headLosses(backend, { parts: this.#parts, named }, tensors, (some, offsets) => {
      const logits = maskedLogits(backend, params, this.config, some.hidden, offsets);
      const losses = [crossEntropy(backend, logits, some.labels, offsets)];
      if (!taught || !this.factors.divergence) return losses;
      const { config, params: weights, temperature } = this.options.teacher!;
      const teacher = maskedLogits(backend, weights, config, some.teacher, offsets);
      return [...losses, divergence(backend, { student: logits, teacher, offsets }, { temperature })];
    });
    const overLabels = (x: T) => mean(backend, x, { labels, offsets: scoredOffsets, total: totals?.labels });
    const cosine = () => {
      const distances = cosineDistance(backend, { a: hidden, b: taught!.hidden, offsets });
      return [mean(backend, distances, { offsets, total: totals?.rows })];
    };
    return {
      terms: {
        lm: [overLabels(nll)],
        routerAux: [],
        routerZ: [],
        routerBalance: [],
        molBalance: this.#balanced ? molBalance(backend, experts, totals?.balance?.experts) : [],
        divergence: kl && [overLabels(kl)],
        cosine: taught && this.factors.cosine ? cosine() : undefined,
      },
      routing: expertOutputs(experts),
    };
  }

  /** The teacher's hidden states, without noise or gradient: of all rows, and of those that are scored. */
  #taught(named: Named<T>): { hidden: T; scored: T } | undefined {
    const { teacher } = this.options;
    if (!teacher || !(this.factors.divergence || this.factors.cosine)) return undefined;
    const inputs = inputsOf(named, this.#teacherTables);
    const { hidden } = encode(this.device, teacher.params, teacher.config, inputs);
    return { hidden, scored: gather(this.device, hidden, named.scored, named.scoredOffsets) };
  }

  /** Frees constants; the teacher's weights stay. */
  dispose(): void {
    for (const tables of [...this.#tables, ...this.#teacherTables]) tables.dispose();
    freeParts(this.device, this.#parts);
  }
}

function inputsOf<T extends Tensor>(named: Named<T>, tables: readonly RopeTables<T>[]): EncoderInputs<T> {
  const { ids, positions, offsets } = named, [table, localTable] = tablesFor(tables, named);
  return { ids, positions, offsets, table, localTable };
}

function checkTeacher(student: EncoderConfig, teacher: EncoderConfig, hidden: boolean): void {
  const differ = (what: string, theirs: number, ours: number) => {
    throw new RangeError(`Cannot learn from the teacher: its ${what} is ${theirs}, the student's ${ours}`);
  };
  if (teacher.V !== student.V) differ("vocabulary", teacher.V, student.V);
  if (hidden && teacher.D !== student.D) {
    differ("width, which the cosine of hidden states needs,", teacher.D, student.D);
  }
}
