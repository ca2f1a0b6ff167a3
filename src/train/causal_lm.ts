/**
 * Next-token prediction with a decoder, routed by top-k as in training (recursion.md §3, §4), perhaps taught by another.
 *
 * @module
 */
import { requireChoice } from "../common/choices.ts";
import { type Device, hostIndices, type HostTensor } from "../op/device.ts";
import { capacityRows, lengthsOf } from "../model/batch.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import { decode, type DecoderInputs, headLogits } from "../model/decoder.ts";
import { type DecoderParams, decoderSchema } from "../model/decoder_schema.ts";
import { type BalanceCounts, balanceCounts, decoderLosses } from "../model/losses.ts";
import { capacities } from "../model/config/sharing.ts";
import { expertOutputs, recursionOutputs } from "../model/results.ts";
import { RopeTables } from "../model/rope_tables.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { divergence } from "../ops/distillation.ts";
import { crossEntropy, mean } from "../ops/losses.ts";
import { ropeTable } from "../ops/rope.ts";
import type { TrainingBatch } from "./data/batches.ts";
import type { LossFactors } from "./gradients.ts";
import { freeParts, headLosses, type HeadParts, headParts, partOffsets, partRows } from "./head.ts";
import { checkBatch, positionsInput, tablesFor } from "./inputs.ts";
import type { Computed, ComputeOptions, Objective, Position } from "./objective.ts";
import { warmedCapacity } from "./schedule.ts";

type Named<T> = Readonly<Record<string, T>>;

/** A decoder whose predictions are learned from. */
export interface DecoderTeacher<T> {
  /** Its configuration; the vocabulary must be the student's. */
  readonly config: DecoderConfig;
  /** Its weights on the device. */
  readonly params: DecoderParams<T>;
  /** τ of the divergence. */
  readonly temperature: number;
}

/** How to train a decoder. */
export interface CausalLMOptions<T> {
  /** Rows of a microbatch. */
  readonly rows: number;
  /** Factors of the loss terms: `lm` 1 and the configuration's unless given. */
  readonly factors?: LossFactors;
  /** Teacher, for the term `divergence`. */
  readonly teacher?: DecoderTeacher<T>;
  /** Steps over which capacities fall from 1 to the configuration's; 0: none. */
  readonly capacityWarmup?: number;
  /** Rows are selected by `topk`, as in training, or by the causal `threshold`, in evaluation. */
  readonly selection?: "topk" | "threshold";
}

/** Next-token prediction: total = lm + Σ factor·term (recursion.md §3, §4, §7). */
export class CausalLM<T extends Tensor> implements Objective<T, DecoderParams<T>> {
  /** Schema of the decoder. */
  readonly schema: DecoderParams<unknown>;
  /** Factors of the loss terms. */
  readonly factors: LossFactors;
  readonly #tables: RopeTables<T>[];
  readonly #parts?: HeadParts<T>;

  /** Copies constants to a device. Throws a RangeError when the teacher has another vocabulary. */
  constructor(
    readonly device: Device<T>,
    readonly config: DecoderConfig,
    readonly options: CausalLMOptions<T>,
  ) {
    const { teacher, selection = "topk" } = options;
    requireChoice("train", "selection", selection, ["topk", "threshold"]);
    if (teacher && teacher.config.V !== config.V) {
      throw new RangeError(
        `Cannot learn from the teacher: its vocabulary has ${teacher.config.V} tokens, the student's ${config.V}`,
      );
    }
    this.schema = decoderSchema(config);
    this.factors = { lm: 1, ...config.losses, ...options.factors };
    const configs = teacher ? [config, teacher.config] : [config];
    this.#tables = configs.map(({ maxPositions, K, rope }) =>
      new RopeTables(device, maxPositions, (rows) => ropeTable(rows, K, rope))
    );
    this.#parts = headParts(device, options.rows, partRows(config.V, device));
  }

  /**
   * Ids, labels, what each recursion keeps, and the seed of the step's noise.
   *
   * Rows kept during the capacity warm-up have a name of their own: inputs of other names make another program, so that
   * only its steps have room for more rows than the configuration's capacities.
   *
   * Throws a RangeError when the batch has more rows than the objective has room for.
   */
  host(batch: TrainingBatch, { step, firstRow }: Position): Record<string, HostTensor> {
    const { rows, labels } = batch, { data } = rows.offsets;
    checkBatch(batch, this.config.V, this.options.rows);
    const named: Record<string, HostTensor> = {
      ...rows,
      ...partOffsets(data[data.length - 1], this.options.rows, partRows(this.config.V, this.device)),
      labels,
      seed: hostIndices([step, firstRow]),
      ...positionsInput(this.#tables, batch),
    };
    if (!this.#topk) return named;
    const warmup = this.options.capacityWarmup ?? 0;
    const capacity = capacities(this.config.recursion).map((c) => warmedCapacity(c, step, warmup));
    const config = { ...this.config, recursion: { ...this.config.recursion, capacity } };
    const name = step < warmup ? "warming" : "capacity";
    capacityRows(config, lengthsOf(rows)).forEach((kept, r) => named[`${name}.${r}`] = kept);
    return named;
  }

  get #topk(): boolean {
    return this.config.recursion.routing === "expert" && this.options.selection !== "threshold";
  }

  #inputs(named: Named<T>, training: boolean): DecoderInputs<T> {
    const { ids, positions, offsets, seed } = named;
    const warming = "warming.0" in named;
    const name = warming ? "warming" : "capacity";
    const capacity = Array.from({ length: this.config.recursion.N }, (_, r) => named[`${name}.${r}`]);
    return {
      ids,
      positions,
      offsets,
      table: tablesFor(this.#tables, named)[0],
      capacity: this.#topk ? capacity : undefined,
      warming,
      noise: training ? { seed, dropout: 0, use: 0 } : undefined,
    };
  }

  /** Terms of choices that are balanced. */
  get #balanced(): { depths: boolean; experts: boolean } {
    const { factors: { routerBalance, molBalance }, config: { recursion, mol } } = this;
    return { depths: recursion.routing === "token" && Boolean(routerBalance), experts: Boolean(mol && molBalance) };
  }

  /** Runs the model, without recursions where only depths are balanced: these are chosen before. */
  balanceCounts(
    backend: Backend<T>,
    params: DecoderParams<T>,
    named: Readonly<Record<string, T>>,
  ): BalanceCounts<T> | undefined {
    const { depths, experts } = this.#balanced;
    if (!depths && !experts) return undefined;
    const inputs = { ...this.#inputs(named, true), maxDepth: experts ? undefined : 0 };
    const outputs = decode(backend, params, this.config, inputs);
    const counted = { depths: depths ? outputs.depths : undefined, experts: experts ? outputs.experts : [] };
    return balanceCounts(backend, counted, named.offsets);
  }

  /** Loss terms and routing. */
  compute(
    backend: Backend<T>,
    params: DecoderParams<T>,
    named: Readonly<Record<string, T>>,
    { training, totals }: ComputeOptions<T>,
  ): Computed<T> {
    const { labels, offsets } = named;
    const outputs = decode(backend, params, this.config, this.#inputs(named, training));
    const { teacher } = this.options;
    const taught = teacher && this.factors.divergence
      ? { teacher: decode(this.device, teacher.params, teacher.config, this.#plain(named)).hidden }
      : undefined;
    const rows = { hidden: outputs.hidden, labels, ...taught };
    const [nll, kl] = headLosses(backend, { parts: this.#parts, named }, rows, (some, offsets) => {
      const logits = headLogits(backend, params, some.hidden, offsets);
      const losses = [crossEntropy(backend, logits, some.labels, offsets)];
      if (!taught) return losses;
      const { temperature } = teacher!;
      const taughtLogits = headLogits(backend, teacher!.params, some.teacher, offsets);
      return [...losses, divergence(backend, { student: logits, teacher: taughtLogits, offsets }, { temperature })];
    });
    const overLabels = (x: T) => mean(backend, x, { labels, offsets, total: totals?.labels });
    const terms = decoderLosses(backend, outputs, { lm: overLabels(nll), offsets, totals });
    const { depths, experts } = this.#balanced;
    return {
      terms: {
        ...terms,
        routerBalance: depths ? terms.routerBalance : [],
        molBalance: experts ? terms.molBalance : [],
        divergence: kl && [overLabels(kl)],
      },
      routing: { ...recursionOutputs(outputs), ...expertOutputs(outputs.experts) },
      choices: outputs.depths && params.routerBias && this.config.recursion.balancing === "loss_free"
        ? { bias: params.routerBias, experts: outputs.depths.routed.experts, offsets }
        : undefined,
    };
  }

  #plain(named: Named<T>): DecoderInputs<T> {
    const { ids, positions, offsets } = named;
    return { ids, positions, offsets, table: tablesFor(this.#tables, named)[1] };
  }

  /** Frees constants; the teacher's weights stay. */
  dispose(): void {
    for (const tables of this.#tables) tables.dispose();
    freeParts(this.device, this.#parts);
  }
}
