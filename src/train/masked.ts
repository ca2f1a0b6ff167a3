/**
 * Masked-language modelling with an encoder, perhaps distilled from another (mol.md §4).
 *
 * @module
 */
import { type Device, hostIndices, type HostTensor } from "../device.ts";
import { encode, type EncoderInputs, maskedLogits } from "../model/encoder.ts";
import type { EncoderConfig } from "../model/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../model/encoder_schema.ts";
import { molBalance } from "../model/losses.ts";
import { expertOutputs } from "../model/results.ts";
import type { Backend, Tensor } from "../op.ts";
import { cosineDistance, divergence } from "../ops/distillation.ts";
import { crossEntropy, mean } from "../ops/losses.ts";
import { ropeTable } from "../ops/rope.ts";
import { gather } from "../ops/rows.ts";
import type { TrainingBatch } from "./data/batches.ts";
import type { LossFactors } from "./gradients.ts";
import { freeParts, headLosses, type HeadParts, headParts, partRows } from "./head.ts";
import type { Computed, Objective, Position } from "./objective.ts";
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
export interface MaskedOptions<T> {
  /** Rows of a microbatch that have a label, at most. */
  readonly scored: number;
  /** Factors of the loss terms: `lm` 1 and the configuration's balance unless given. */
  readonly factors?: LossFactors;
  /** Teacher, for the terms `divergence` and `cosine`. */
  readonly teacher?: EncoderTeacher<T>;
}

/** RoPE's tables of an encoder: global layers, and local ones where it has them. */
function tablesOf<T extends Tensor>(device: Device<T>, { maxPositions, K, theta, local }: EncoderConfig): T[] {
  return [theta, ...(local ? [local.theta] : [])].map((base) => device.from(ropeTable(maxPositions, K, base)));
}

/** Masked-language modelling: total = lm + balance + divergence at masked rows + cosine (mol.md §2, §4). */
export class Masked<T extends Tensor> implements Objective<T, EncoderParams<T>> {
  /** Schema of the encoder. */
  readonly schema: EncoderParams<unknown>;
  /** Factors of the loss terms. */
  readonly factors: LossFactors;
  readonly #tables: T[];
  readonly #teacherTables: T[];
  readonly #parts?: HeadParts<T>;

  /** Copies constants to a device. Throws a RangeError when the teacher's sizes do not fit. */
  constructor(readonly device: Device<T>, readonly config: EncoderConfig, readonly options: MaskedOptions<T>) {
    const { teacher, scored } = options;
    this.schema = encoderSchema(config);
    this.factors = { lm: 1, molBalance: config.balanceCoefficient, ...options.factors };
    if (teacher) checkTeacher(config, teacher.config, Boolean(this.factors.cosine));
    this.#tables = tablesOf(device, config);
    this.#teacherTables = teacher ? tablesOf(device, teacher.config) : [];
    this.#parts = headParts(device, scored, partRows(config.V, device));
  }

  /** Ids, the rows that are scored with their labels, and the seed of the step's noise. */
  host({ rows, labels }: TrainingBatch, { step, microbatch }: Position): Record<string, HostTensor> {
    return {
      ...rows,
      ...scoredRows(labels.data as Int32Array, this.options.scored),
      seed: hostIndices([step * 256 + microbatch]),
    };
  }

  /** Loss terms and the choice of experts. */
  compute(
    backend: Backend<T>,
    params: EncoderParams<T>,
    named: Readonly<Record<string, T>>,
    training: boolean,
  ): Computed<T> {
    const { labels, scored, seed } = named;
    const noise = training ? { seed, dropout: this.config.dropout, use: 0 } : undefined;
    const { hidden, experts } = encode(backend, params, this.config, { ...inputsOf(named, this.#tables), noise });
    const taught = this.#taught(named);
    const tensors: Named<T> = {
      hidden: gather(backend, hidden, scored),
      labels,
      ...(taught && { teacher: taught.scored }),
    };
    const [nll, kl] = headLosses(backend, this.#parts, tensors, (some) => {
      const logits = maskedLogits(backend, params, this.config, some.hidden);
      const losses = [crossEntropy(backend, logits, some.labels)];
      if (!taught || !this.factors.divergence) return losses;
      const { config, params: weights, temperature } = this.options.teacher!;
      const teacher = maskedLogits(backend, weights, config, some.teacher);
      return [...losses, divergence(backend, { student: logits, teacher }, { temperature })];
    });
    const cosine = taught && this.factors.cosine
      ? [
        mean(backend, cosineDistance(backend, { a: hidden, b: taught.hidden, offsets: named.offsets }), {
          offsets: named.offsets,
        }),
      ]
      : undefined;
    return {
      terms: {
        lm: [mean(backend, nll, { labels })],
        routerAux: [],
        routerZ: [],
        routerBalance: [],
        molBalance: molBalance(backend, experts),
        divergence: kl && [mean(backend, kl, { labels })],
        cosine,
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
    return { hidden, scored: gather(this.device, hidden, named.scored) };
  }

  /** Frees constants; the teacher's weights stay. */
  dispose(): void {
    for (const table of [...this.#tables, ...this.#teacherTables]) this.device.free(table);
    freeParts(this.device, this.#parts);
  }
}

function inputsOf<T>({ ids, positions, offsets }: Named<T>, [table, localTable]: readonly T[]): EncoderInputs<T> {
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
