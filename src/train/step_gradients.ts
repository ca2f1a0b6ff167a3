/**
 * Gradients of a whole step on the host.
 *
 * @module
 */
import { type Device, type HostTensor, hostZeros } from "../op/device.ts";
import { mapParams, parametersOf } from "../model/parameters.ts";
import type { Tensor } from "../op/op.ts";
import { recordStep, type StepInputs, stepInputs } from "./accumulate.ts";
import type { TrainingBatch } from "./data/batches.ts";
import { lossSeeds } from "./gradients.ts";
import type { Objective } from "./objective.ts";

/** The microbatches of a step. */
export interface Step {
  /** Step, from 0. */
  readonly step: number;
  /** Its microbatches. */
  readonly batches: readonly TrainingBatch[];
  /** Whether the noise of training is added. */
  readonly training: boolean;
}

/**
 * Gradients of a step's total loss with respect to every parameter, as a record of the schema's form; zeros for a parameter
 * that no loss depends on. Throws as {@link Objective.host} does.
 */
export async function stepGradients<T extends Tensor, P, G = P>(
  device: Device<T>,
  objective: Objective<T, P>,
  params: P,
  { step, batches, training }: Step,
): Promise<G> {
  const { schema, factors } = objective;
  const inputs = stepInputs(objective, step, batches);
  const seeds = lossSeeds(device, factors);
  const options = { seeds, recompute: ["recursion", "head"], training } as const;
  const program = device.compile<StepInputs<HostTensor>, readonly (HostTensor | undefined)[]>((given) =>
    recordStep<T, P>(device, objective, params, given, options).gradients
  );
  try {
    const gradients = await program(inputs);
    const numbers = new Map(parametersOf(schema).map((leaf, i) => [leaf, i]));
    return mapParams(schema, (leaf): HostTensor => gradients[numbers.get(leaf)!] ?? hostZeros(leaf.shape)) as G;
  } finally {
    program.dispose();
    for (const seed of Object.values<T>({ ...seeds })) device.free(seed);
  }
}
