/**
 * The routers of all recursions as one, for rows that stand before different ones.
 *
 * @module
 */
import { type Device, type HostTensor, hostTensor } from "../../op/device.ts";
import type { DecoderConfig } from "../../model/config/config.ts";
import type { RouterParams } from "../../model/decoder_schema.ts";
import type { Tensor } from "../../op/op.ts";

/**
 * Stacks routers, so that output r is that of router r: matrices one below the other, and the second ones of mlp routers along
 * the diagonal. Reads their weights once.
 */
export async function stackRouters<T extends Tensor>(
  device: Device<T>,
  routers: readonly RouterParams<T>[],
): Promise<RouterParams<T>> {
  const read: Record<string, HostTensor> = {};
  for (const [r, { hidden, out }] of routers.entries()) {
    Object.assign(read, await device.read({ [`out.${r}`]: out, ...(hidden && { [`hidden.${r}`]: hidden }) }));
  }
  const outs = routers.map((_, r) => read[`out.${r}`]);
  if (!routers[0].hidden) return { out: device.from(below(outs)) };
  return { hidden: device.from(below(routers.map((_, r) => read[`hidden.${r}`]))), out: device.from(diagonal(outs)) };
}

/** Frees routers that were stacked; those of other models are the model's own. */
export function freeStacked<T extends Tensor>(
  { device, config }: { readonly device: Device<T>; readonly config: DecoderConfig },
  routers: readonly (RouterParams<T> | undefined)[],
): void {
  if (config.recursion.routing !== "expert") return;
  for (const tensor of routers.flatMap((stack) => [stack?.hidden, stack?.out])) if (tensor) device.free(tensor);
}

/** Matrices one below the other. */
function below(matrices: readonly HostTensor[]): HostTensor {
  const [rows, columns] = matrices[0].shape;
  const data = new Float64Array(matrices.length * rows * columns);
  matrices.forEach((matrix, r) => data.set(matrix.data, r * rows * columns));
  return hostTensor([matrices.length * rows, columns], data);
}

/** Rows [1, W] along a diagonal, [N, N·W]. */
function diagonal(rows: readonly HostTensor[]): HostTensor {
  const N = rows.length, W = rows[0].shape[1];
  const data = new Float64Array(N * N * W);
  rows.forEach((row, r) => data.set(row.data, r * (N + 1) * W));
  return hostTensor([N, N * W], data);
}
