/**
 * Weights from the host to a device and back.
 *
 * @module
 */
import { allocate, type Device, type HostTensor } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";
import { mapParams } from "./parameters.ts";

/** Copies every parameter of a schema to a device, all or none; tensors of the device stay as they are. */
export function upload<T extends Tensor, P>(device: Device<T>, schema: unknown, params: unknown): P {
  return allocate(device, (from) => {
    const place = (_leaf: unknown, tensor: HostTensor | T) => "data" in tensor ? from(tensor) : tensor;
    return mapParams<HostTensor | T, T>(schema, place, params) as P;
  });
}

/** Copies every parameter back to the host, one read for all of them. */
export async function download<T extends Tensor, P>(device: Device<T>, schema: unknown, params: unknown): Promise<P> {
  const tensors: Record<string, T> = {};
  mapParams<T, void>(schema, ({ parts: [{ name }] }, tensor) => void (tensors[name] = tensor), params);
  const hosts = await device.read(tensors);
  return mapParams<T, HostTensor>(schema, ({ parts: [{ name }] }) => hosts[name], params) as P;
}

/** Every parameter, in order. */
export function tensorsOf<T extends Tensor>(schema: unknown, params: unknown): T[] {
  const tensors: T[] = [];
  mapParams<T, void>(schema, (_leaf, tensor) => void tensors.push(tensor), params);
  return tensors;
}

/** Frees every parameter. */
export function release<T extends Tensor>(device: Device<T>, schema: unknown, params: unknown): void {
  for (const tensor of tensorsOf<T>(schema, params)) device.free(tensor);
}
