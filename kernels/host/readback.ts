/**
 * Runs a program and copies its results to the host: one encoder, one pass, one submit, one map.
 *
 * @module
 */
import { hostBuffer, type HostTensor } from "../../src/op/device.ts";
import { type Shape, sizeOf } from "../../src/op/op.ts";
import { leavesOf, mapTree } from "../../src/op/tree.ts";
import type { BufferPool } from "./buffers.ts";
import type { Work } from "./calls.ts";
import type { FaultWatch } from "./faults.ts";
import { READ_MODE } from "./gpu_flags.ts";
import type { Memory } from "./memory.ts";
import { wholeTensors } from "./parts.ts";
import type { GpuProgram } from "./program.ts";
import type { GpuTensor } from "./tensor.ts";

/** Alignment of copies in bytes. */
const ALIGNMENT = 16;

/** Size of a staging buffer unless one tensor has more: supported by every adapter after rounding to a size class. */
const MOST_STAGED = 2 ** 28;

/** Bytes of a copy from a mapped buffer: Deno aborts the process if memory for one such copy is short. */
const PART = 2 ** 22;

const ACTION = "read results from the GPU";

function encode(device: GPUDevice, program: GpuProgram, times = 1): GPUCommandEncoder {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let i = 0; i < times; i++) program.encode(pass);
  pass.end();
  return encoder;
}

/** Runs a program `times` times for its work in place, in one submit: every submit leaves a command buffer as garbage. */
export function runInPlace(device: GPUDevice, program: GpuProgram, times: number): Work<void> {
  device.queue.submit([encode(device, program, times).finish()]);
  return { uses: program.uses, result: Promise.resolve() };
}

/** Runs a program once and copies a tree of tensors to the host. */
export function readBack<O>(
  { device, staging }: Memory,
  faults: FaultWatch,
  program: GpuProgram,
  tree: unknown,
): Work<O> {
  const { places, sizes } = arrange(wholeTensors(leavesOf(tree)));
  const hosts = sizes.map((bytes) => hostBuffer(ACTION, bytes));
  const encoder = encode(device, program);
  const targets = takeAll(staging, sizes);
  for (const { tensor: { buffer, bytes }, target, offset } of places) {
    if (bytes > 0) encoder.copyBufferToBuffer(buffer!, 0, targets[target], offset, bytes);
  }
  device.queue.submit([encoder.finish()]);
  const copies = targets.map((target, i) =>
    faults.guard(ACTION, copyOut(target, hosts[i])).finally(() => staging.give(target))
  );
  const result = Promise.all(copies).then(() => {
    const arrays = places.map(({ tensor: { dtype, bytes }, target, offset }) =>
      new (dtype === "i32" ? Int32Array : Float32Array)(hosts[target], offset, bytes / 4)
    );
    return mapTree(tree, ({ shape, parts }: GpuTensor): HostTensor => {
      const [first, ...others] = arrays.splice(0, parts?.length ?? 1);
      return { shape, data: others.length > 0 ? concatenated(shape, [first, ...others]) : first };
    }) as O;
  });
  result.catch(() => {}); // GPU errors come first
  return { uses: { ...program.uses, buffers: new Set([...program.uses.buffers, ...targets]) }, result };
}

/** Takes a buffer of each size, or none. */
function takeAll(pool: BufferPool, sizes: readonly number[]): GPUBuffer[] {
  const taken: GPUBuffer[] = [];
  try {
    for (const bytes of sizes) taken.push(pool.take(bytes));
    return taken;
  } catch (error) {
    for (const buffer of taken) pool.give(buffer);
    throw error;
  }
}

/** Offsets of tensors in staging buffers. */
function arrange(tensors: readonly GpuTensor[]) {
  const sizes = [0];
  const places = tensors.map((tensor) => {
    const bytes = Math.ceil(tensor.bytes / ALIGNMENT) * ALIGNMENT;
    if (sizes.at(-1)! > 0 && sizes.at(-1)! + bytes > MOST_STAGED) sizes.push(0);
    const target = sizes.length - 1;
    const offset = sizes[target];
    sizes[target] += bytes;
    return { tensor, target, offset };
  });
  return { places, sizes };
}

/** Row parts as one array. */
function concatenated(shape: Shape, parts: readonly HostTensor["data"][]): Float32Array {
  const data = new Float32Array(hostBuffer(ACTION, 4 * sizeOf(shape)));
  parts.reduce((at, part) => (data.set(part, at), at + part.length), 0);
  return data;
}

async function copyOut(target: GPUBuffer, host: ArrayBuffer): Promise<void> {
  try {
    await target.mapAsync(READ_MODE, 0, Math.max(host.byteLength, ALIGNMENT));
    for (let from = 0; from < host.byteLength; from += PART) {
      const size = Math.min(PART, host.byteLength - from);
      const mapped = target.getMappedRange(from, size);
      new Uint8Array(host, from, size).set(new Uint8Array(mapped));
      release(mapped);
    }
  } finally {
    if (target.mapState === "mapped") target.unmap();
  }
}

/** Frees Deno's copy of mapped memory; mapped memory itself cannot be transferred. */
function release(mapped: ArrayBuffer): void {
  try {
    mapped.transfer(0);
  } catch { /* unmapping frees it */ }
}
