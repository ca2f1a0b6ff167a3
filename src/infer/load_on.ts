/**
 * Loading to a device tensor by tensor, so that the host never holds a whole model.
 *
 * @module
 */
import type { Device, HostTensor } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";

/** A device, and whether disposal of the loaded model closes it. */
export interface Target<T extends Tensor> {
  /** The device. */
  readonly device: Device<T>;
  /** Whether the loaded model owns the device. */
  readonly owned: boolean;
}

/**
 * Runs `load`, which places tensors on a device one after the other.
 *
 * The device is opened when the first tensor comes. Where loading fails, all tensors are freed, and a device that is owned
 * is closed.
 */
export async function loadOn<T extends Tensor, R>(
  open: () => Promise<Target<T>>,
  load: (convert: (host: HostTensor) => Promise<T>) => Promise<R>,
): Promise<Target<T> & { readonly opened: R }> {
  let target: Promise<Target<T>> | undefined;
  const placed: T[] = [];
  const convert = async (host: HostTensor) => {
    const { device } = await (target ??= open());
    placed.push(device.from(host));
    return placed[placed.length - 1];
  };
  try {
    const opened = await load(convert);
    return { ...await (target ??= open()), opened };
  } catch (error) {
    const failed = await target?.catch(() => undefined);
    for (const tensor of placed) failed?.device.free(tensor);
    if (failed?.owned) await failed.device[Symbol.asyncDispose]();
    throw error;
  }
}
