/**
 * Running a program and copying its results out: one encoder, one pass, one submit, one map.
 *
 * @module
 */
import type { HostTensor } from "../src/device.ts";
import type { FaultWatch } from "./faults.ts";
import type { BufferPool } from "./buffers.ts";
import type { GpuProgram } from "./program.ts";
import type { GpuTensor } from "./tensor.ts";

/** Copies start at multiples of this many bytes. */
const ALIGNMENT = 16;

function encode(device: GPUDevice, program: GpuProgram, times = 1): GPUCommandEncoder {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let i = 0; i < times; i++) program.encode(pass);
  pass.end();
  return encoder;
}

/** Runs a program `times` times for its work in place, in one submit: every submit leaves a command buffer as garbage. */
export function runInPlace(device: GPUDevice, program: GpuProgram, times: number): void {
  device.queue.submit([encode(device, program, times).finish()]);
}

/** Runs a program once and copies the named tensors to the host. */
export async function readBack<K extends string>(
  { device, staging, faults }: { device: GPUDevice; staging: BufferPool; faults: FaultWatch },
  program: GpuProgram,
  tensors: { readonly [Name in K]: GpuTensor },
): Promise<{ [Name in K]: HostTensor }> {
  const entries = Object.entries<GpuTensor>(tensors);
  const offsets: number[] = [];
  let total = 0;
  for (const [, { bytes }] of entries) {
    offsets.push(total);
    total += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  }
  const target = staging.take(total);
  const encoder = encode(device, program);
  entries.forEach(([, { buffer, bytes }], index) => {
    if (bytes > 0) encoder.copyBufferToBuffer(buffer!, 0, target, offsets[index], bytes);
  });
  device.queue.submit([encoder.finish()]);
  const mapped = await copyOut(target, Math.max(total, ALIGNMENT), faults).finally(() => staging.give(target));
  const results = entries.map(([name, { shape, dtype, bytes }], index): [string, HostTensor] => {
    const make = dtype === "i32" ? Int32Array : Float32Array;
    return [name, { shape, data: new make(mapped, offsets[index], bytes / 4) }];
  });
  return Object.fromEntries(results) as { [Name in K]: HostTensor };
}

async function copyOut(target: GPUBuffer, bytes: number, faults: FaultWatch): Promise<ArrayBuffer> {
  try {
    const mapped = target.mapAsync(GPUMapMode.READ, 0, bytes).then(() => target.getMappedRange(0, bytes).slice(0));
    return await faults.guard("read results from the GPU", mapped);
  } finally {
    if (target.mapState === "mapped") target.unmap();
  }
}
