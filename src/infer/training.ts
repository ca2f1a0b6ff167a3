/**
 * The part of training that gradients need; inference does not load it.
 *
 * @module
 */
import type { Device } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";

/** Imports the objectives and the gradients of a step, and has a device load its kernels for them. */
export async function training<T extends Tensor>(device: Device<T>) {
  const [training] = await Promise.all([import("../train/model_gradients.ts"), device.prepareTraining?.()]);
  return training;
}
