/**
 * Weights from the host to a device, and constants that go with them.
 *
 * @module
 */
import type { Device, HostTensor } from "../device.ts";
import type { Tensor } from "../op.ts";
import { mapParams } from "./parameters.ts";

/** Copies every parameter of a schema to a device; those that are there already stay. */
export function upload<T extends Tensor, P>(device: Device<T>, schema: unknown, params: unknown): P {
  const place = (_leaf: unknown, tensor: HostTensor | T) => "data" in tensor ? device.from(tensor) : tensor;
  return mapParams<HostTensor | T, T>(schema, place, params) as P;
}

/** Copies every parameter back to the host, one read for all of them. */
export async function download<T extends Tensor, P>(device: Device<T>, schema: unknown, params: unknown): Promise<P> {
  const tensors: Record<string, T> = {};
  mapParams<T, void>(schema, ({ parts: [{ name }] }, tensor) => void (tensors[name] = tensor), params);
  const hosts = await device.read(tensors);
  return mapParams<T, HostTensor>(schema, ({ parts: [{ name }] }) => hosts[name], params) as P;
}

/** Frees every parameter. */
export function release<T extends Tensor>(device: Device<T>, schema: unknown, params: unknown): void {
  mapParams<T, void>(schema, (_leaf, tensor) => device.free(tensor), params);
}
