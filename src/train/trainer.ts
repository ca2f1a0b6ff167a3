/**
 * The training step: forward, backward and update in place, as one recorded program.
 *
 * @module
 */
import { type Device, hostIndices, type HostTensor, type Program } from "../op/device.ts";
import { Lifetime } from "../common/lifetime.ts";
import { demandWhole } from "../common/whole.ts";
import { totalLoss } from "../model/losses.ts";
import { mapParams } from "../model/parameters.ts";
import type { Routing } from "../model/results.ts";
import { download } from "../model/upload.ts";
import type { RematKind, Tensor } from "../op/op.ts";
import { balanceBias } from "../ops/optimizer.ts";
import { recordStep, type StepInputs, stepInputs } from "./accumulate.ts";
import type { TrainingBatch } from "./data/batches.ts";
import { type LossSeeds, lossSeeds } from "./gradients.ts";
import { StepMetrics } from "./step_metrics.ts";
import type { Objective } from "./objective.ts";
import { checkTraining, type TrainerOptions } from "./trainer_options.ts";
import {
  AUXILIARY_RATE,
  freeStates,
  type OptimizerState,
  type ParameterState,
  parameterStates,
  ratesOf,
  recordUpdate,
} from "./update.ts";

export type { TrainerOptions } from "./trainer_options.ts";

/** Metrics of a step. */
export interface StepLine {
  /** Step, from 0. */
  readonly step: number;
  /** Number of labelled rows, over which prediction losses are means. */
  readonly labels: number;
  /**
   * Loss terms by name, as means over the step (0 without rows), and their weighted `total`. Balance terms without a
   * factor are left out.
   */
  readonly losses: Readonly<Record<string, number>>;
  /** Global norm of the gradients before clipping. */
  readonly gradientNorm: number;
}

/** Inputs of the program of a step. */
interface TrainerInputs<T> extends StepInputs<T> {
  readonly rates: T;
  readonly auxiliaryRates: T;
  readonly at: T;
}

/** What is read after a step: scalars of the last steps by name, and the routing of its microbatches. */
interface TrainerOutputs<T> {
  readonly metrics: Readonly<Record<string, T>>;
  readonly routing: readonly Routing<T>[];
}

/** Trains a model on a device: `start` steps without reading, `read` after at most `logEvery` of them. */
export class Trainer<T extends Tensor, P> {
  readonly #states: ParameterState<T>[];
  readonly #params: P;
  readonly #seeds: LossSeeds<T>;
  readonly #metrics: StepMetrics<T>;
  readonly #program: Program<TrainerInputs<HostTensor>, TrainerOutputs<HostTensor>>;
  readonly #lifetime = new Lifetime("the trainer");
  #unread: Pick<StepLine, "step" | "labels">[] = [];

  /** Copies weights to a device; `state` is the optimizer state of a resumed run. */
  constructor(
    readonly device: Device<T>,
    readonly objective: Objective<T, P>,
    readonly options: TrainerOptions,
    weights: unknown,
    state?: OptimizerState<unknown>,
  ) {
    const { schema, factors } = objective;
    checkTraining(options);
    demandWhole("train", "accumulate", options.accumulate, 1);
    this.#seeds = lossSeeds(device, factors);
    this.#states = parameterStates(device, schema, weights, options.optimizer, state);
    this.#params = this.#record(({ p }) => p);
    this.#metrics = new StepMetrics(device, options.logEvery);
    this.#program = device.compile((inputs) => this.#step(inputs));
  }

  /** A tensor of every parameter state as a record of the schema's form. */
  #record(of: (state: ParameterState<T>) => T): P {
    this.#lifetime.check("read the trainer's tensors");
    let index = 0;
    return mapParams(this.objective.schema, () => of(this.#states[index++])) as P;
  }

  /** The weights on the device, which every step updates. */
  get params(): P {
    return this.#params;
  }

  /** The weights for evaluation, on the device: their moving average if there is one. */
  get averaged(): P {
    return this.#record(({ p, ema }) => ema ?? p);
  }

  #step(inputs: TrainerInputs<T>): TrainerOutputs<T> {
    const { objective, device, options } = this;
    const recompute: RematKind[] = options.remat === "recursion" ? ["recursion", "head"] : ["head"];
    const recorded = recordStep(device, objective, this.#params, inputs, { seeds: this.#seeds, recompute });
    const { gradients, values, biased, routing } = recorded;
    const squares = recordUpdate(device, this.#states, gradients, {
      rates: inputs.rates,
      auxiliaryRates: inputs.auxiliaryRates,
    }, options.optimizer);
    if (biased) balanceBias(device, { ...biased, squares }, { rate: options.biasRate });
    for (const [name, value] of [...values, ["squares", squares] as const]) {
      this.#metrics.write(device, name, value, inputs.at);
    }
    return { metrics: this.#metrics.outputs(), routing };
  }

  #inputs(step: number, batches: readonly TrainingBatch[], rate: number): TrainerInputs<HostTensor> {
    this.#lifetime.check("train");
    const { objective, options } = this;
    if (batches.length !== options.accumulate) {
      throw new RangeError(`Cannot train: a step has ${options.accumulate} microbatches, ${batches.length} are given`);
    }
    return {
      ...stepInputs(objective, step, batches),
      rates: ratesOf(options.optimizer, rate, step + 1),
      auxiliaryRates: ratesOf(options.optimizer, AUXILIARY_RATE * rate, step + 1),
      at: hostIndices([step % options.logEvery]),
    };
  }

  /** Runs a step, counted from 0, without reading anything. `batches` are its microbatches. */
  start(step: number, batches: readonly TrainingBatch[], rate: number): void {
    const inputs = this.#inputs(step, batches, rate); // may throw, so it comes first
    this.#unread.push({ step, labels: inputs.totals.labels.data[0] });
    this.#program.start(inputs);
  }

  /** Runs a step and reads the metrics of all steps since the last reading, and this step's routing by microbatch. */
  async read(
    step: number,
    batches: readonly TrainingBatch[],
    rate: number,
  ): Promise<{ lines: StepLine[]; routing: readonly Routing<HostTensor>[] }> {
    const inputs = this.#inputs(step, batches, rate);
    const steps = [...this.#unread, { step, labels: inputs.totals.labels.data[0] }];
    this.#unread = [];
    const { logEvery } = this.options;
    if (steps.length > logEvery) {
      throw new RangeError(`Cannot read ${steps.length} steps: the log keeps the last ${logEvery}`);
    }
    const { metrics, routing } = await this.#program(inputs);
    return { lines: steps.map((at) => this.#line(at, metrics)), routing };
  }

  #line({ step, labels }: Pick<StepLine, "step" | "labels">, metrics: Readonly<Record<string, HostTensor>>): StepLine {
    const { logEvery } = this.options;
    const at = step % logEvery, losses: Record<string, number> = {};
    const { squares, ...terms } = metrics;
    for (const [term, { data }] of Object.entries(terms)) losses[term] = data[at];
    const total = totalLoss(losses, this.objective.factors);
    return { step, labels, losses: { ...losses, total }, gradientNorm: Math.sqrt(squares.data[at]) };
  }

  /** The weights on the host; with `averaged` their moving average if there is one. */
  async weights({ averaged = false }: { averaged?: boolean } = {}): Promise<P> {
    const pick = ({ p, ema }: ParameterState<T>) => averaged && ema ? ema : p;
    return await download(this.device, this.objective.schema, this.#record(pick));
  }

  /** The optimizer's state on the host. */
  async state(): Promise<OptimizerState<P>> {
    const { device, objective: { schema }, options } = this;
    const read = (of: (state: ParameterState<T>) => T) => download<T, P>(device, schema, this.#record(of));
    const ema = options.optimizer.ema ? await read(({ ema }) => ema!) : undefined;
    return { m: await read(({ m }) => m), v: await read(({ v }) => v), ema };
  }

  /** The same as {@link Trainer.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Frees weights, state and constants; the objective stays. The second time it does nothing. */
  close(): void {
    if (!this.#lifetime.end()) return;
    freeStates(this.device, this.#states);
    for (const seed of Object.values<T>({ ...this.#seeds })) this.device.free(seed);
    this.#metrics.dispose();
    this.#program.dispose();
  }
}
