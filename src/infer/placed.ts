/**
 * Models whose weights are all on their device.
 *
 * @module
 */
import type { Device } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";

/** A device, and whether disposal of the loaded model closes it. */
export interface Target<T extends Tensor> {
  /** The device. */
  readonly device: Device<T>;
  /** Whether the loaded model owns the device. */
  readonly owned: boolean;
}

/** A model once its weights are on the device; where there is no room, they are freed, and the device if it is `owned`. */
export async function placed<M extends { ready(): Promise<void>; dispose(): void }>(
  { device, owned }: Target<Tensor>,
  make: () => M,
): Promise<M> {
  let model: M | undefined;
  try {
    model = make();
    await model.ready();
    return model;
  } catch (error) {
    model?.dispose();
    if (owned) await device[Symbol.asyncDispose]();
    throw error;
  }
}
