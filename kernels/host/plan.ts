/**
 * Planning: assigns buffers to the tensors of a recording by their lifetimes.
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

/** Gives every tensor of a recording a buffer; a buffer returns to the pool after its last reader. Returns the buffers. */
export function assignBuffers(
  steps: readonly Step[],
  inputs: readonly GpuTensor[],
  results: readonly GpuTensor[],
  pool: BufferPool,
): Set<GPUBuffer> {
  const last = lastUses(steps, results);
  const owners = new Map<GPUBuffer, number>();
  const taken = new Set<GPUBuffer>();
  const take = (tensor: GpuTensor, index: number) => {
    tensor.buffer = pool.take(tensor.bytes);
    taken.add(tensor.buffer);
    owners.set(tensor.buffer, last.get(tensor) ?? index);
  };
  try {
    assign(steps, inputs, last, { owners, take, give: (buffer) => pool.give(buffer) });
  } finally {
    for (const buffer of owners.keys()) pool.give(buffer);
  }
  return taken;
}

/** Owners of buffers with the last step of their use, and functions to take and return buffers. */
interface Owners {
  readonly owners: Map<GPUBuffer, number>;
  readonly take: (tensor: GpuTensor, index: number) => void;
  readonly give: (buffer: GPUBuffer) => void;
}

function assign(
  steps: readonly Step[],
  inputs: readonly GpuTensor[],
  last: ReadonlyMap<GpuTensor, number>,
  { owners, take, give }: Owners,
): void {
  for (const tensor of inputs) take(tensor, -1);
  steps.forEach(({ inputs, outputs }, index) => {
    for (const [name, tensor] of Object.entries(outputs)) {
      const overwritten = inputs[name]; // an output called like an input is that input
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
      give(buffer);
    }
  });
}
