/**
 * Detects failed runs: numbers that are not finite, and a diverging loss.
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

/** Labels of a window. The standard deviation of a label's loss is about 3 nats, that of a window's mean about 0.1. */
const WINDOW_LABELS = 1024;

/** Nats above the limit at which a run counts as diverging: ten standard deviations of a window's mean. */
const MARGIN = 1;

/**
 * Detects a diverging language-model loss by windows of labels. A run diverges when a window's mean is a nat above both the
 * first window's mean and ln V, the loss of the uniform distribution over V tokens.
 */
export class DivergenceGuard {
  #first?: number;
  #nats = 0;
  #labels = 0;

  /** For a vocabulary of V. */
  constructor(readonly V: number) {}

  /**
   * Adds the mean loss of the next step over its labels, one window unless given. Returns the mean of a completed window
   * and the limit if it exceeds it.
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
 * Describes the first weight that is not finite, else the first gradient of a step on the present weights that is not;
 * undefined when all are finite.
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
