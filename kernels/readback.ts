/**
 * Running a program and copying its results out: one encoder, one pass, one submit, one map.
 *
 * @module
 */
import { hostBuffer, type HostTensor } from "../src/device.ts";
import type { Work } from "./calls.ts";
import type { FaultWatch } from "./faults.ts";
import type { Memory } from "./memory.ts";
import type { GpuProgram } from "./program.ts";
import type { GpuTensor } from "./tensor.ts";

/** Copies start at multiples of this many bytes. */
const ALIGNMENT = 16;

/** Bytes that are copied from a mapped buffer at a time: Deno ends the process where memory for one such copy is short. */
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

/** Runs a program once and copies the named tensors to the host. */
export function readBack<K extends string>(
  { device, staging }: Memory,
  faults: FaultWatch,
  program: GpuProgram,
  tensors: { readonly [Name in K]: GpuTensor },
): Work<{ [Name in K]: HostTensor }> {
  const entries = Object.entries<GpuTensor>(tensors);
  const offsets: number[] = [];
  let total = 0;
  for (const [, { bytes }] of entries) {
    offsets.push(total);
    total += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  }
  const host = hostBuffer(ACTION, total);
  const encoder = encode(device, program);
  const target = staging.take(total);
  entries.forEach(([, { buffer, bytes }], index) => {
    if (bytes > 0) encoder.copyBufferToBuffer(buffer!, 0, target, offsets[index], bytes);
  });
  device.queue.submit([encoder.finish()]);
  const copied = faults.guard(ACTION, copyOut(target, host)).finally(() => staging.give(target));
  const result = copied.then(() => {
    const results = entries.map(([name, { shape, dtype, bytes }], index): [string, HostTensor] => {
      const make = dtype === "i32" ? Int32Array : Float32Array;
      return [name, { shape, data: new make(host, offsets[index], bytes / 4) }];
    });
    return Object.fromEntries(results) as { [Name in K]: HostTensor };
  });
  result.catch(() => {}); // the GPU's verdict comes first
  return { uses: { ...program.uses, buffers: new Set([...program.uses.buffers, target]) }, result };
}

async function copyOut(target: GPUBuffer, host: ArrayBuffer): Promise<void> {
  try {
    await target.mapAsync(GPUMapMode.READ, 0, Math.max(host.byteLength, ALIGNMENT));
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

/** Frees a copy of mapped memory, which Deno makes; mapped memory itself refuses. */
function release(mapped: ArrayBuffer): void {
  try {
    mapped.transfer(0);
  } catch { /* unmapping frees it */ }
}
