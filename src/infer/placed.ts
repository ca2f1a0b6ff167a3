/**
 * Models whose weights are all on their device.
 *
 * @module
 */
import type { Device } from "../op/device.ts";

/** A model once its weights are on the device; where there is no room, they are freed, and the device if it is `owned`. */
export async function placed<M extends { ready(): Promise<void>; dispose(): void }>(
  { device, owned }: { readonly device: Device; readonly owned: boolean },
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
