/**
 * Running a program and copying its results out: one encoder, one pass, one submit, one map.
 *
 * @module
 */
import type { HostTensor } from "../src/device.ts";
import { type Shape, sizeOf } from "../src/op.ts";
import type { FaultWatch } from "./faults.ts";
import type { BufferPool } from "./buffers.ts";
import { wholeTensors } from "./parts.ts";
import type { GpuProgram } from "./program.ts";
import type { GpuTensor } from "./tensor.ts";

/** Copies start at multiples of this many bytes. */
const ALIGNMENT = 16;

/** Bytes of a staging buffer, unless one tensor has more: what every adapter makes, with room for the size's class. */
const MOST_STAGED = 2 ** 28;

function encode(device: GPUDevice, program: GpuProgram): GPUCommandEncoder {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  program.encode(pass);
  pass.end();
  return encoder;
}

/** Runs a program once, for what it does in place. */
export function runOnce(device: GPUDevice, program: GpuProgram): void {
  device.queue.submit([encode(device, program).finish()]);
}

/** Runs a program once and copies the named tensors to the host. */
export async function readBack<K extends string>(
  { device, staging, faults }: { device: GPUDevice; staging: BufferPool; faults: FaultWatch },
  program: GpuProgram,
  tensors: { readonly [Name in K]: GpuTensor },
): Promise<{ [Name in K]: HostTensor }> {
  const entries = Object.entries<GpuTensor>(tensors);
  const { places, sizes } = arrange(wholeTensors(entries.map(([, tensor]) => tensor)));
  const targets = sizes.map((bytes) => staging.take(bytes));
  const encoder = encode(device, program);
  for (const { tensor: { buffer, bytes }, target, offset } of places) {
    if (bytes > 0) encoder.copyBufferToBuffer(buffer!, 0, targets[target], offset, bytes);
  }
  device.queue.submit([encoder.finish()]);
  const copies = targets.map((target, i) =>
    copyOut(target, Math.max(sizes[i], ALIGNMENT), faults).finally(() => staging.give(target))
  );
  const mapped = await Promise.all(copies);
  const arrays = places.map(({ tensor: { dtype, bytes }, target, offset }) =>
    new (dtype === "i32" ? Int32Array : Float32Array)(mapped[target], offset, bytes / 4)
  );
  const results = entries.map(([name, { shape, parts }]): [string, HostTensor] => {
    const [first, ...others] = arrays.splice(0, parts?.length ?? 1);
    return [name, { shape, data: others.length > 0 ? concatenated(shape, [first, ...others]) : first }];
  });
  return Object.fromEntries(results) as { [Name in K]: HostTensor };
}

/** Places of tensors in staging buffers. */
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
  const data = new Float32Array(sizeOf(shape));
  parts.reduce((at, part) => (data.set(part, at), at + part.length), 0);
  return data;
}

async function copyOut(target: GPUBuffer, bytes: number, faults: FaultWatch): Promise<ArrayBuffer> {
  try {
    const mapped = target.mapAsync(GPUMapMode.READ, 0, bytes).then(() => target.getMappedRange(0, bytes).slice(0));
    return await faults.guard("read results from the GPU", mapped);
  } finally {
    if (target.mapState === "mapped") target.unmap();
  }
}
