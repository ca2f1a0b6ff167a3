/**
 * Gradients by the names of the checkpoint's tensors.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import { mapParams } from "../../src/model/parameters.ts";
import { sizeOf } from "../../src/op/op.ts";

/** Names the gradient of every checkpoint tensor: a parameter's parts follow one another in its gradient. */
export function nameGradients(named: Record<string, HostTensor>, schema: unknown, gradients: unknown): void {
  mapParams<HostTensor, void>(schema, ({ parts }, { data }) => {
    let at = 0;
    for (const { name, shape } of parts) named[`grad.${name}`] = { shape, data: data.slice(at, at += sizeOf(shape)) };
  }, gradients);
}
