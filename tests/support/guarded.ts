/**
 * Calls of kernels on tensors with guard words: many calls share one submit and one readback.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import { sizeOf, type Tensor } from "../../src/op/op.ts";
import type { Adapter } from "../../kernels/host/adapter.ts";
import type { Dispatch } from "../../kernels/host/kernel.ts";
import { bindingsOf, usedBindings } from "../../kernels/host/module.ts";
import { PipelineCache } from "../../kernels/host/pipelines.ts";
import { type Call, type Guarded, plan, type Planned } from "./planned.ts";

/** What a call computed. */
export interface Ran {
  /** Outputs by name. */
  readonly outputs: Readonly<Record<string, HostTensor>>;
  /** Labels of its dispatches, in order. */
  readonly labels: readonly string[];
  /** Guard words that were overwritten, as words after the end of a tensor. */
  readonly overruns: readonly string[];
}

/** Bytes behind each tensor that its binding covers as well: a write of one element too many changes them. */
const GUARD = 256;

/**
 * Guard words and elements that were not written: NaN as a float, an index out of any range as an integer. What is written
 * has another pattern than read-only tensors, so that a copy of guard words is no guard word.
 */
const PATTERN = { read: 0x7fc0dead, written: 0x7fc1beef };

const STRIDE = 256;

/** Bytes of a tensor's binding. */
const bound = ({ shape }: Tensor) => Math.ceil(4 * sizeOf(shape) / 16) * 16 + GUARD;

/** Makes a tensor's buffer: its data, or elements that were not written, then guard words. */
function allocate(device: GPUDevice, tensor: Guarded, data?: HostTensor["data"]): GPUBuffer {
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const words = new Int32Array(bound(tensor) / 4).fill(tensor.writable === undefined ? PATTERN.read : PATTERN.written);
  if (data) (tensor.dtype === "i32" ? words : new Float32Array(words.buffer)).set(data);
  tensor.buffer = device.createBuffer({ size: words.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
  device.queue.writeBuffer(tensor.buffer, 0, words);
  return tensor.buffer;
}

/** Run-time sizes of all dispatches in one buffer. */
function writeSizes(device: GPUDevice, dispatches: readonly Dispatch[]): GPUBuffer {
  const words = new Uint32Array(Math.max(1, dispatches.length) * STRIDE / 4);
  dispatches.forEach(({ sizes = {} }, i) => words.set(Object.values(sizes), i * STRIDE / 4));
  const buffer = device.createBuffer({
    size: words.byteLength,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, words);
  return buffer;
}

function encode(pass: GPUComputePassEncoder, pipelines: PipelineCache, planned: readonly Planned[], sizes: GPUBuffer) {
  let number = 0;
  for (const step of planned.flatMap(({ steps }) => steps)) {
    const bindings = bindingsOf(step);
    for (const dispatch of step.dispatches) {
      const { pipeline, layout } = pipelines.get(dispatch, bindings);
      const entries: GPUBindGroupEntry[] = usedBindings(dispatch, bindings).map(({ tensor }, binding) => ({
        binding,
        resource: { buffer: (tensor as Guarded).buffer! },
      }));
      const offset = STRIDE * number++;
      if (dispatch.sizes) entries.push({ binding: entries.length, resource: { buffer: sizes, offset, size: STRIDE } });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, pipelines.device.createBindGroup({ layout, entries, label: dispatch.label }));
      pass.dispatchWorkgroups(...dispatch.workgroups);
    }
  }
}

/** Splits the words of a tensor's binding into its elements and the guard words that were overwritten. */
function inspect({ shape, dtype, writable }: Guarded, words: Int32Array): { host: HostTensor; overrun: number[] } {
  const size = sizeOf(shape), own = words.subarray(0, size);
  const data = dtype === "i32" ? own : new Float32Array(own.buffer, own.byteOffset, size);
  const first = writable ?? size, guards = [...words.subarray(first)];
  const overrun = guards.flatMap((word, i) => word === PATTERN.written ? [] : [first + i - size]);
  return { host: { shape, data }, overrun };
}

const caches = new WeakMap<GPUDevice, PipelineCache>();

/** The pipelines of all calls on a device: variants and cases share them. */
function pipelinesOf(device: GPUDevice, { dialect }: Adapter): PipelineCache {
  if (!caches.has(device)) caches.set(device, new PipelineCache(device, dialect));
  return caches.get(device)!;
}

/** Runs calls in one submit and reads all their outputs, guards included, at once; throws what the GPU reports. */
export async function runGuarded(device: GPUDevice, calls: readonly Call[]): Promise<Ran[]> {
  const planned = calls.map(plan);
  if (calls.length === 0) return [];
  device.pushErrorScope("validation");
  const buffers: GPUBuffer[] = [];
  for (const { stored } of planned) {
    for (const [tensor, { data }] of stored) buffers.push(allocate(device, tensor, data));
  }
  for (const { steps } of planned) {
    for (const tensor of steps.flatMap(({ outputs }) => Object.values<Guarded>(outputs))) {
      if (!tensor.buffer) buffers.push(allocate(device, tensor));
    }
  }
  const sizes = writeSizes(device, planned.flatMap(({ steps }) => steps.flatMap(({ dispatches }) => dispatches)));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  encode(pass, pipelinesOf(device, calls[0].adapter), planned, sizes);
  pass.end();
  const results = planned.flatMap(({ outputs }) => Object.values(outputs));
  const size = results.reduce((sum, tensor) => sum + bound(tensor), 0);
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  results.reduce((at, tensor) => {
    encoder.copyBufferToBuffer(tensor.buffer!, 0, staging, at, bound(tensor));
    return at + bound(tensor);
  }, 0);
  device.queue.submit([encoder.finish()]);
  const mapped = staging.mapAsync(GPUMapMode.READ);
  const error = await device.popErrorScope();
  if (error) throw new Error(error.message);
  await mapped;
  const words = new Int32Array(staging.getMappedRange().slice(0));
  for (const buffer of [...buffers, sizes, staging]) buffer.destroy();
  let at = 0;
  return planned.map(({ steps, outputs }) => {
    const overruns: string[] = [];
    const hosts = Object.entries(outputs).map(([name, tensor]) => {
      const { host, overrun } = inspect(tensor, words.subarray(at, at += bound(tensor) / 4));
      if (overrun.length > 0) overruns.push(`${name} [${tensor.shape}] at its end + ${overrun.slice(0, 4).join(", ")}`);
      return [name, host] as const;
    });
    const labels = steps.flatMap(({ dispatches }) => dispatches.map(({ label }) => label));
    return { outputs: Object.fromEntries(hosts), labels, overruns };
  });
}
