/**
 * Next-token prediction with a decoder, routed by top-k as in training, optionally distilled from a teacher.
 *
 * @module
 */
import { checkOptions, number, oneOf, required } from "../common/options.ts";
import type { Device, HostTensor } from "../op/device.ts";
import { capacityRows, lengthsOf } from "../model/batch.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import { decode, type DecoderInputs, headLogits } from "../model/decoder.ts";
import { type DecoderParams, decoderSchema } from "../model/decoder_schema.ts";
import { headOutputs } from "../model/head.ts";
import { type BalanceCounts, balanceCounts, decoderLosses } from "../model/losses.ts";
import { capacities } from "../model/config/sharing.ts";
import { routingOf } from "../model/results.ts";
import { RopeTables } from "../model/rope_tables.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { ropeTable } from "../ops/rope.ts";
import { liveRows, type TrainingBatch } from "./data/batches.ts";
import type { LossFactors } from "./gradients.ts";
import { checkTeacher, dropUnweightedBalance, LM_KINDS, lmInputs, type LMOptions } from "./language_model.ts";
import type { Computed, ComputeOptions, MicrobatchInputs, MicrobatchStart, Objective } from "./objective.ts";
import { warmedCapacity } from "./schedule.ts";

/** Options of {@link CausalLM}. */
export interface CausalLMOptions<T> extends LMOptions<DecoderConfig, DecoderParams<T>> {
  /** Rows of a microbatch. */
  readonly rows: number;
  /** Steps over which capacities fall from 1 to the configuration's; 0: none. */
  readonly capacityWarmup?: number;
  /** Selection of rows: `topk` as in training, or the causal `threshold`. */
  readonly selection?: "topk" | "threshold";
}

/** Next-token prediction: total = lm + Σ factor·term (Mixture-of-Recursions, arXiv 2507.10524, §2.2). */
export class CausalLM<T extends Tensor> implements Objective<T, DecoderParams<T>> {
  /** Schema of the decoder. */
  readonly schema: DecoderParams<unknown>;
  /** Factors of the loss terms. */
  readonly factors: LossFactors;
  readonly #tables: RopeTables<T>[]; // the student's, then the teacher's

  /** Prepares constants. Throws a RangeError when the teacher has another vocabulary. */
  constructor(
    readonly device: Device<T>,
    readonly config: DecoderConfig,
    readonly options: CausalLMOptions<T>,
  ) {
    checkOptions("train", options, {
      ...LM_KINDS,
      rows: required(number),
      capacityWarmup: number,
      selection: oneOf(["topk", "threshold"]),
    });
    const { teacher } = options;
    checkTeacher(config, teacher?.config);
    this.schema = decoderSchema(config);
    this.factors = { lm: 1, ...config.losses, ...options.factors };
    const configs = teacher ? [config, teacher.config] : [config];
    this.#tables = configs.map(({ maxPositions, K, rope }) =>
      new RopeTables(device, maxPositions, (rows) => ropeTable(rows, K, rope))
    );
  }

  /**
   * Inputs of {@link lmInputs}, labels, and the rows that each recursion keeps. Steps of the capacity warm-up are another
   * program: only they have room for more rows than the configuration's capacities.
   *
   * Throws a RangeError when the batch has more rows than the objective has room for.
   */
  host(batch: TrainingBatch, start: MicrobatchStart): MicrobatchInputs<HostTensor> {
    const { rows, labels } = batch, { options, config } = this;
    const { length } = labels.data;
    if (length > options.rows) {
      throw new RangeError(`Cannot train on ${length} rows: there is room for ${options.rows}`);
    }
    const head = { rows: options.rows, live: liveRows(batch) };
    const inputs = { ...lmInputs(this, this.#tables, { batch, start }, head), labels };
    if (!this.#topk) return inputs;
    const { capacityWarmup = 0 } = options;
    const capacity = capacities(config.recursion).map((c) => warmedCapacity(c, start.step, capacityWarmup));
    const warmed = { ...config, recursion: { ...config.recursion, capacity } };
    const kept = capacityRows(warmed, lengthsOf(rows));
    return { ...inputs, capacity: { kept, warming: start.step < capacityWarmup } };
  }

  get #topk(): boolean {
    return this.config.recursion.routing === "expert" && this.options.selection !== "threshold";
  }

  #inputs({ rows, capacity, seed, positions }: MicrobatchInputs<T>, training: boolean): DecoderInputs<T> {
    return {
      ...rows,
      table: this.#tables[0].upTo(positions),
      capacity: capacity?.kept,
      warming: capacity?.warming,
      noise: training ? { seed, dropout: 0, use: 0 } : undefined,
    };
  }

  /** Counts the balanced choices of a forward pass, without recursions where only depths are balanced. */
  balanceCounts(
    backend: Backend<T>,
    params: DecoderParams<T>,
    given: MicrobatchInputs<T>,
  ): BalanceCounts<T> | undefined {
    const { factors: { routerBalance, molBalance }, config: { recursion, mol } } = this;
    const ofDepths = recursion.routing === "token" && Boolean(routerBalance), ofExperts = Boolean(mol && molBalance);
    if (!ofDepths && !ofExperts) return undefined;
    const inputs = { ...this.#inputs(given, true), maxDepth: ofExperts ? undefined : 0 };
    const { depths, experts } = decode(backend, params, this.config, inputs);
    return balanceCounts(
      backend,
      { depths: ofDepths ? depths : undefined, experts: ofExperts ? experts : [] },
      given.rows.offsets,
    );
  }

  /** Loss terms and routing. */
  compute(
    backend: Backend<T>,
    params: DecoderParams<T>,
    inputs: MicrobatchInputs<T>,
    { training, totals }: ComputeOptions<T>,
  ): Computed<T> {
    const { rows, rows: { offsets }, labels, positions } = inputs, { config, factors } = this;
    const outputs = decode(backend, params, config, this.#inputs(inputs, training));
    const teacher = factors.klDivergence ? this.options.teacher : undefined;
    const taught = teacher &&
      decode(this.device, teacher.params, teacher.config, { ...rows, table: this.#tables[1].upTo(positions) });
    const head = headOutputs(backend, inputs.head, { hidden: outputs.hidden, labels, taught: taught?.hidden }, {
      logitsOf: (hidden, offsets) => headLogits(backend, params, hidden, offsets),
      teacher: teacher && {
        logitsOf: (hidden, offsets) => headLogits(backend, teacher.params, hidden, offsets),
        temperature: teacher.temperature,
      },
    });
    const { depths } = outputs;
    return {
      terms: dropUnweightedBalance(decoderLosses(backend, outputs, { head, labels, offsets, totals }), factors),
      routing: routingOf(outputs),
      choices: depths && params.routerBias && config.recursion.balancing === "loss_free"
        ? { bias: params.routerBias, experts: depths.routed.experts, offsets }
        : undefined,
    };
  }

  /** Frees constants; the teacher's weights stay. */
  dispose(): void {
    for (const tables of this.#tables) tables.dispose();
  }
}
