/**
 * Masked-language modelling with an encoder, optionally distilled from a teacher.
 *
 * @module
 */
import { checkOptions, number, required } from "../common/options.ts";
import type { Device, HostTensor } from "../op/device.ts";
import { encode, type EncoderInputs, maskedLogits } from "../model/encoder.ts";
import type { EncoderConfig } from "../model/config/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../model/encoder_schema.ts";
import { headOutputs } from "../model/head.ts";
import { type BalanceCounts, balanceCounts, encoderLosses } from "../model/losses.ts";
import { routingOf } from "../model/results.ts";
import { RopeTables } from "../model/rope_tables.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { cosineDistance } from "../ops/distillation.ts";
import { mean } from "../ops/losses.ts";
import { ropeTable } from "../ops/rope.ts";
import { gather } from "../ops/rows.ts";
import type { TrainingBatch } from "./data/batches.ts";
import type { LossFactors } from "./gradients.ts";
import { checkTeacher, dropUnweightedBalance, LM_KINDS, lmInputs, type LMOptions } from "./language_model.ts";
import type { Computed, ComputeOptions, MicrobatchInputs, MicrobatchStart, Objective } from "./objective.ts";
import { scoredRows } from "./scored.ts";

/** Options of {@link MaskedLM}. */
export interface MaskedLMOptions<T> extends LMOptions<EncoderConfig, EncoderParams<T>> {
  /** Maximum number of labelled rows of a microbatch. */
  readonly scored: number;
}

/** RoPE tables of an encoder: of global layers, and of local ones where it has them. */
function tablesOf<T extends Tensor>(
  device: Device<T>,
  { maxPositions, K, rope, local }: EncoderConfig,
): RopeTables<T>[] {
  return [rope, ...(local ? [local.rope] : [])].map((base) =>
    new RopeTables(device, maxPositions, (rows) => ropeTable(rows, K, base))
  );
}

/**
 * Masked-language modelling: total = lm + molBalance + klDivergence + cosine, each with its factor (Mixture of LoRAs,
 * arXiv 2512.12880). Predictions are scored at masked rows, hidden states at all rows.
 */
export class MaskedLM<T extends Tensor> implements Objective<T, EncoderParams<T>> {
  /** Schema of the encoder. */
  readonly schema: EncoderParams<unknown>;
  /** Factors of the loss terms. */
  readonly factors: LossFactors;
  readonly #tables: RopeTables<T>[];
  readonly #teacherTables: RopeTables<T>[];

  /** Prepares constants. Throws a RangeError when the teacher's sizes do not fit. */
  constructor(readonly device: Device<T>, readonly config: EncoderConfig, readonly options: MaskedLMOptions<T>) {
    checkOptions("train", options, { ...LM_KINDS, scored: required(number) });
    const { teacher } = options;
    this.schema = encoderSchema(config);
    this.factors = { lm: 1, molBalance: config.balanceCoefficient, ...options.factors };
    checkTeacher(config, teacher?.config, Boolean(this.factors.cosine));
    this.#tables = tablesOf(device, config);
    this.#teacherTables = teacher ? tablesOf(device, teacher.config) : [];
  }

  /** Inputs of {@link lmInputs}, and the labelled rows with their labels. */
  host(batch: TrainingBatch, start: MicrobatchStart): MicrobatchInputs<HostTensor> {
    const { scored: rows } = this.options;
    const { labels, ...scored } = scoredRows(batch.labels.data as Int32Array, rows);
    const head = { rows, live: scored.offsets.data[1] };
    return { ...lmInputs(this, [...this.#tables, ...this.#teacherTables], { batch, start }, head), labels, scored };
  }

  #encode(backend: Backend<T>, params: EncoderParams<T>, inputs: MicrobatchInputs<T>, training: boolean) {
    const noise = training ? { seed: inputs.seed, dropout: this.config.dropout, use: 0 } : undefined;
    return encode(backend, params, this.config, { ...rowsOf(inputs, this.#tables), noise });
  }

  /** Counts the choices of experts of a forward pass. */
  balanceCounts(
    backend: Backend<T>,
    params: EncoderParams<T>,
    inputs: MicrobatchInputs<T>,
  ): BalanceCounts<T> | undefined {
    if (!this.config.mol || !this.factors.molBalance) return undefined;
    return balanceCounts(backend, this.#encode(backend, params, inputs, true), inputs.rows.offsets);
  }

  /** Loss terms and the choice of experts. */
  compute(
    backend: Backend<T>,
    params: EncoderParams<T>,
    inputs: MicrobatchInputs<T>,
    { training, totals }: ComputeOptions<T>,
  ): Computed<T> {
    const { labels, rows: { offsets } } = inputs, { config, factors } = this;
    const { rows: scored, offsets: scoredOffsets } = inputs.scored!;
    const outputs = this.#encode(backend, params, inputs, training);
    const teacher = factors.klDivergence || factors.cosine ? this.options.teacher : undefined;
    const taught = teacher &&
      encode(this.device, teacher.params, teacher.config, rowsOf(inputs, this.#teacherTables)).hidden;
    const rows = {
      hidden: gather(backend, outputs.hidden, scored, scoredOffsets),
      labels,
      taught: taught && factors.klDivergence ? gather(this.device, taught, scored, scoredOffsets) : undefined,
    };
    const head = headOutputs(backend, inputs.head, rows, {
      logitsOf: (hidden, offsets) => maskedLogits(backend, params, config, hidden, offsets),
      teacher: teacher && {
        logitsOf: (hidden, offsets) => maskedLogits(backend, teacher.params, teacher.config, hidden, offsets),
        temperature: teacher.temperature,
      },
    });
    const cosine = (taught: T) => {
      const distances = cosineDistance(backend, { a: outputs.hidden, b: taught, offsets });
      return [mean(backend, distances, { offsets, total: totals?.rows })];
    };
    const terms = encoderLosses(backend, outputs, { head, labels, offsets: scoredOffsets, totals });
    return {
      terms: {
        ...dropUnweightedBalance(terms, factors),
        cosine: taught && factors.cosine ? cosine(taught) : undefined,
      },
      routing: routingOf(outputs),
    };
  }

  /** Frees constants; the teacher's weights stay. */
  dispose(): void {
    for (const tables of [...this.#tables, ...this.#teacherTables]) tables.dispose();
  }
}

function rowsOf<T extends Tensor>(
  { rows, positions }: MicrobatchInputs<T>,
  tables: readonly RopeTables<T>[],
): EncoderInputs<T> {
  const [table, localTable] = tables.map((each) => each.upTo(positions));
  return { ...rows, table, localTable };
}
