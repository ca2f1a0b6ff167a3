/**
 * The routers of all recursions as one, for rows that stand before different ones.
 *
 * @module
 */
import { type Device, hostIndices, type HostTensor, hostZeros } from "../../op/device.ts";
import type { DecoderConfig } from "../../model/config/config.ts";
import type { RouterParams } from "../../model/decoder_schema.ts";
import type { Tensor } from "../../op/op.ts";
import { cacheWrite } from "../../ops/cache.ts";
import { joinColumns } from "../../ops/columns.ts";

/**
 * Stacks routers, so that output r is that of router r: first matrices [W, D] one below the other, [N·W, D], and second
 * ones [1, W] along a diagonal, [N, N·W]. A linear router [1, D] is a row of [N, D].
 */
export function stackRouters<T extends Tensor>(
  device: Device<T>,
  routers: readonly RouterParams<T>[],
): RouterParams<T> {
  const hidden = routers.map(({ hidden }) => hidden).filter((hidden) => hidden !== undefined);
  const outs = routers.map(({ out }) => out);
  if (hidden.length === 0) return { out: below(device, outs) };
  return { hidden: below(device, hidden), out: below(device, outs, true) };
}

/** Frees routers that were stacked; those of other models are the model's own. */
export function freeStacked<T extends Tensor>(
  { device, config }: { readonly device: Device<T>; readonly config: DecoderConfig },
  routers: readonly (RouterParams<T> | undefined)[],
): void {
  if (config.recursion.routing !== "expert") return;
  for (const tensor of routers.flatMap((stack) => [stack?.hidden, stack?.out])) if (tensor) device.free(tensor);
}

/** N matrices [R, C] one below the other, [N·R, C]; along a `diagonal` of zeros, [N·R, N·C]. */
function below<T extends Tensor>(device: Device<T>, matrices: readonly T[], diagonal = false): T {
  const N = matrices.length, [R, C] = matrices[0].shape;
  const stack = device.from(hostZeros([N * R, diagonal ? N * C : C]));
  const columns = hostZeros([R, C]),
    program = device.compile<{ zero: HostTensor; targets: HostTensor[] }>(({ zero, targets }) => {
      matrices.forEach((matrix, r) => {
        const blocks = diagonal ? matrices.map((_, other) => other === r ? matrix : zero) : [matrix];
        const x = blocks.reduce((left, right) => joinColumns(device, left, right));
        cacheWrite(device, { cache: stack, x, rows: targets[r] });
      });
      return {};
    });
  const rows = (r: number) => hostIndices(Array.from({ length: R }, (_, row) => r * R + row));
  program.start({ zero: columns, targets: matrices.map((_, r) => rows(r)) });
  program.dispose();
  return stack;
}
