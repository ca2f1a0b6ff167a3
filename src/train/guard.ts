/**
 * Noticing that a run has gone wrong: numbers that are not finite, and divergence.
 *
 * @module
 */
import type { Device, HostTensor } from "../op/device.ts";
import { mapParams } from "../model/parameters.ts";
import { download } from "../model/upload.ts";
import type { Tensor } from "../op/op.ts";
import type { TrainingBatch } from "./data/batches.ts";
import type { Objective } from "./objective.ts";
import { stepGradients } from "./step_gradients.ts";

/** Labels over which a mean loss is judged: a label's loss deviates by some 3 nats, so that their mean does by 0.1. */
const WINDOW_LABELS = 1024;

/** Nats by which a window's mean must be worse than knowing nothing: ten of those deviations. */
const MARGIN = 1;

/**
 * Judges the language-model loss window by window. A run diverges when a window's mean over its labels is a nat above both
 * the first window's and ln V, which is what even odds for every token cost: its guesses are then e times worse than none.
 */
export class DivergenceGuard {
  #first?: number;
  #nats = 0;
  #labels = 0;

  /** V ids. */
  constructor(readonly V: number) {}

  /**
   * Takes the mean loss of the next step and its labels, a window of them unless known; returns a window's mean and the
   * limit that it exceeds.
   */
  add(loss: number, labels = WINDOW_LABELS): { mean: number; limit: number } | undefined {
    this.#nats += loss * labels;
    this.#labels += labels;
    if (this.#labels < WINDOW_LABELS) return undefined;
    const mean = this.#nats / this.#labels;
    this.#nats = this.#labels = 0;
    const limit = Math.max(this.#first ??= mean, Math.log(this.V)) + MARGIN;
    return mean > limit ? { mean, limit } : undefined;
  }
}

/**
 * The first tensor that is not finite when a step is computed on the weights as they are: a weight, or a gradient; named
 * in words, undefined when all are finite.
 */
export async function findNotFinite<T extends Tensor, P>(
  device: Device<T>,
  objective: Objective<T, P>,
  params: P,
  step: number,
  batches: readonly TrainingBatch[],
): Promise<string | undefined> {
  const { schema } = objective;
  const weight = firstNotFinite(schema, await download(device, schema, params));
  if (weight !== undefined) return `the weight ${weight}`;
  const gradients = await stepGradients(device, objective, params, { step, batches, training: true });
  const gradient = firstNotFinite(schema, gradients);
  return gradient === undefined ? undefined : `the gradient of ${gradient}`;
}

/** Checkpoint name of the first parameter with a number that is not finite. */
function firstNotFinite(schema: unknown, values: unknown): string | undefined {
  let found: string | undefined;
  mapParams<HostTensor, void>(schema, ({ parts }, { data }) => {
    if (!data.every(Number.isFinite)) found ??= parts[0].name;
  }, values);
  return found;
}
