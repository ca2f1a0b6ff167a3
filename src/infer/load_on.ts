/**
 * Loading to a device tensor by tensor, so that the host never holds a whole model.
 *
 * @module
 */
import type { Device, HostTensor } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";

/** Runs `load`, which places tensors on a device one after the other; where it fails, they are freed. */
export async function loadOn<T extends Tensor, R>(
  device: Device<T>,
  load: (convert: (host: HostTensor) => T) => Promise<R>,
): Promise<R> {
  const placed: T[] = [];
  try {
    return await load((host) => {
      placed.push(device.from(host));
      return placed[placed.length - 1];
    });
  } catch (error) {
    for (const tensor of placed) device.free(tensor);
    throw error;
  }
}
