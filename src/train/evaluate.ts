/**
 * Held-out loss: the objective without tape and noise, over all batches in order.
 *
 * @module
 */
import type { Device, HostTensor, Program } from "../op/device.ts";
import type { Routing } from "../model/results.ts";
import type { Tensor } from "../op/op.ts";
import { type Batches, labelledRows } from "./data/batches.ts";
import type { MicrobatchInputs, Objective } from "./objective.ts";
import type { RoutedConfig, RoutingStatistics } from "./statistics.ts";
import { RoutingCounter } from "./routing_counter.ts";

/** Losses and routing on held-out text. */
export interface Evaluation {
  /** Mean cross-entropy of a label, nats. */
  readonly nats: number;
  /** Number of labels. */
  readonly tokens: number;
  /** Routing over all batches, for routed models. */
  readonly routing?: RoutingStatistics;
}

/** Options of {@link Evaluator.evaluate}. */
export interface EvaluateOptions {
  /** Maximum number of batches, from the first on; all unless given. */
  readonly most?: number;
  /** Aborts between two batches. */
  readonly signal?: AbortSignal;
}

/** An evaluation as logged; with bits per byte if every token of the text is predicted once. */
export interface HeldOut extends Evaluation {
  /** Bits per byte of text. */
  readonly bitsPerByte?: number;
}

/** Selection of rows: expert-choice is evaluated under both, other models have one. */
export type HeldOutSelection = "topk" | "threshold" | "plain";

/** Held-out results by selection. */
export type EvaluationResult = { readonly [selection in HeldOutSelection]?: HeldOut };

/**
 * Evaluates a model repeatedly with one recorded program.
 *
 * The objective decides how rows are selected (`CausalLM`'s `selection`); give it neither teacher nor capacity warm-up,
 * which belong to training. Parameters are those on the device at the time of each call.
 */
export class Evaluator<T extends Tensor, P> {
  readonly #program: Program<MicrobatchInputs<HostTensor>, { lm: HostTensor; routing: Routing<HostTensor> }>;

  /** Records the program. */
  constructor(
    device: Device<T>,
    readonly objective: Objective<T, P> & { readonly config: RoutedConfig },
    params: P,
  ) {
    this.#program = device.compile((inputs) => {
      const { terms: { lm: [lm] }, routing } = objective.compute(device, params, inputs, { training: false });
      return { lm, routing };
    });
  }

  /**
   * Mean nats over the labels of batches in order; unlabelled rows do not count.
   *
   * Throws a RangeError when no batch has a label, and the signal's reason when it is aborted.
   */
  async evaluate(batches: Batches, { most = Infinity, signal }: EvaluateOptions = {}): Promise<Evaluation> {
    const { objective } = this;
    const counter = new RoutingCounter(objective.config);
    let [nats, tokens] = [0, 0];
    for (let step = 0; step < Math.min(most, batches.batches); step++) {
      signal?.throwIfAborted();
      const batch = await batches.batch(step);
      const { lm, routing } = await this.#program(objective.host(batch, { step, firstRow: 0 }));
      const labels = labelledRows(batch);
      nats += lm.data[0] * labels;
      tokens += labels;
      counter.add(routing, batch);
    }
    if (tokens === 0) throw new RangeError("Cannot evaluate: the held-out batches have no labels");
    const routing = counter.statistics();
    return { nats: nats / tokens, tokens, ...((routing.depth || routing.experts) && { routing }) };
  }
}

/** Bits per byte of a text with that many tokens and bytes: nats·tokens / (ln 2·bytes). `nats` are a token's mean. */
export function bitsPerByte(nats: number, tokens: number, bytes: number): number {
  return nats * tokens / (Math.LN2 * bytes);
}
