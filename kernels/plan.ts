/**
 * Planning: which buffer each tensor of a recording lives in, and for how long.
 *
 * @module
 */
import type { BufferPool } from "./buffers.ts";
import type { GpuTensor, Step } from "./tensor.ts";

/** The step after which a tensor is no longer read; `Infinity` for results, which are copied out at the end. */
function lastUses(steps: readonly Step[], results: readonly GpuTensor[]): Map<GpuTensor, number> {
  const last = new Map<GpuTensor, number>();
  steps.forEach(({ inputs, outputs }, index) => {
    for (const tensor of [...Object.values(inputs), ...Object.values(outputs)]) if (tensor) last.set(tensor, index);
  });
  for (const tensor of results) last.set(tensor, Infinity);
  return last;
}

/** Gives every tensor of a recording a buffer; a buffer returns to the pool after its last reader. */
export function assignBuffers(
  steps: readonly Step[],
  inputs: readonly GpuTensor[],
  results: readonly GpuTensor[],
  pool: BufferPool,
): void {
  const last = lastUses(steps, results);
  const owners = new Map<GPUBuffer, number>();
  const take = (tensor: GpuTensor, index: number) => {
    tensor.buffer = pool.take(tensor.bytes);
    owners.set(tensor.buffer, last.get(tensor) ?? index);
  };
  for (const tensor of inputs) take(tensor, -1);
  steps.forEach(({ op, inputs, outputs }, index) => {
    for (const [name, tensor] of Object.entries(outputs)) {
      const overwritten = inputs[op.inPlace?.[name] ?? ""];
      if (!overwritten) {
        take(tensor, index);
        continue;
      }
      tensor.buffer = overwritten.buffer!;
      if (owners.has(tensor.buffer)) owners.set(tensor.buffer, Math.max(owners.get(tensor.buffer)!, last.get(tensor)!));
    }
    for (const [buffer, end] of owners) {
      if (end > index) continue;
      owners.delete(buffer);
      pool.give(buffer);
    }
  });
  for (const buffer of owners.keys()) pool.give(buffer);
}
