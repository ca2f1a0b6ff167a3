/**
 * A planned recording: dispatches with their bind groups, ready to be encoded in one pass repeatedly.
 *
 * @module
 */
import { assignBuffers } from "./plan.ts";
import type { Adapter } from "./adapter.ts";
import type { Uses } from "./calls.ts";
import type { Dispatch } from "./kernel.ts";
import { usedBindings } from "./module.ts";
import { tooLarge, wholeTensors } from "./parts.ts";
import { type Planned, planned } from "./planned.ts";
import type { PipelineCache } from "./pipelines.ts";
import type { Memory } from "./memory.ts";
import type { GpuTensor, Step } from "./tensor.ts";

/** Resources of a device for planning. */
export interface Planner {
  /** The device. */
  readonly device: GPUDevice;
  /** Capabilities of the adapter. */
  readonly adapter: Adapter;
  /** Compiled pipelines. */
  readonly pipelines: PipelineCache;
  /** Buffers of intermediate tensors and of run-time sizes. */
  readonly memory: Memory;
}

/** A dispatch with its bind group. */
interface Bound {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** A planned recording. */
export class GpuProgram {
  /** Dispatches in order, for counting and printing. */
  readonly dispatches: readonly Dispatch[];
  /** Persistent tensors that it reads and overwrites, and the buffers that it binds. */
  readonly uses: Uses;
  readonly #bound: readonly Bound[];
  readonly #sizes: GPUBuffer | undefined;
  #generation: number;

  /** Plans steps: chooses buffers and kernels, compiles pipelines, makes bind groups. */
  constructor(
    readonly planner: Planner,
    readonly steps: readonly Step[],
    inputs: readonly GpuTensor[],
    results: readonly GpuTensor[],
  ) {
    const { adapter, memory } = planner;
    const made = madeBy(steps, inputs), read = wholeTensors(results);
    for (const tensor of made) tensor.expired = false; // of an attempt that failed
    let buffers: Set<GPUBuffer>;
    try {
      check(steps, inputs, read, adapter);
      buffers = assignBuffers(steps, inputs, read, memory.tensors);
    } finally {
      for (const tensor of made) tensor.expired = true; // nothing else may rely on their buffers
    }
    this.#generation = memory.generation;
    const entries = planned(steps, adapter);
    this.dispatches = entries.map(({ dispatch }) => dispatch);
    this.#sizes = writeSizes(planner, this.dispatches);
    if (this.#sizes) buffers.add(this.#sizes);
    this.uses = { ...stayingOf(steps, read), buffers };
    try {
      this.#bound = entries.map((entry, index) => bind(planner, entry, this.#sizes, index));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Whether all its buffers still exist. */
  get sound(): boolean {
    const { memory } = this.planner;
    if (this.#generation === memory.generation) return true;
    if (!memory.holds(this.uses.buffers)) return false;
    this.#generation = memory.generation;
    return true;
  }

  /** Adds all dispatches to a pass; throws for a freed or failed tensor. */
  encode(pass: GPUComputePassEncoder): void {
    for (const { shape, expired, fault } of this.uses.reads) {
      if (expired) throw new RangeError(`Cannot run a program on the GPU: it reads a tensor [${shape}] that was freed`);
      if (fault) throw new Error(`Cannot run a program on the GPU: it reads a tensor [${shape}], but ${fault}`);
    }
    for (const { dispatch, pipeline, bindGroup } of this.#bound) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...dispatch.workgroups);
    }
  }

  /** Returns the buffer of sizes; the tensors' buffers were returned to the pool when planned. */
  dispose(): void {
    if (this.#sizes) this.planner.memory.uniforms.give(this.#sizes);
  }
}

/** Persistent tensors that a program reads, and the ones among them that it overwrites in place. */
function stayingOf(steps: readonly Step[], results: readonly GpuTensor[]): Pick<Uses, "reads" | "writes"> {
  const [reads, writes] = [new Set(results), new Set<GpuTensor>()];
  for (const { op, inputs } of steps) {
    for (const tensor of Object.values(inputs)) if (tensor) reads.add(tensor);
    for (const { name } of op.outputs) if (inputs[name]) writes.add(inputs[name]);
  }
  const staying = (tensors: Set<GpuTensor>) => [...tensors].filter(({ persistent }) => persistent);
  return { reads: staying(reads), writes: staying(writes) };
}

/** The tensors that exist only inside a recording. */
function madeBy(steps: readonly Step[], inputs: readonly GpuTensor[]): Set<GpuTensor> {
  return new Set([...inputs, ...steps.flatMap(({ outputs }) => Object.values(outputs))]);
}

/** Throws for tensors of other recordings, and for ones too large to bind. */
function check(
  steps: readonly Step[],
  inputs: readonly GpuTensor[],
  results: readonly GpuTensor[],
  { maxBindingBytes }: Adapter,
): void {
  const made = madeBy(steps, inputs);
  const verify = (action: string, name: string, tensor: GpuTensor) => {
    const { shape, bytes, persistent, expired, fault } = tensor;
    const refuse = (why: string) => new RangeError(`Cannot ${action}: ${name} [${shape}] ${why}`);
    if (expired) throw refuse("was freed");
    if (fault) throw new Error(`Cannot ${action}: ${name} [${shape}] is not there, ${fault}`);
    if (!persistent && !made.has(tensor)) {
      throw refuse("belongs to another recording; only tensors made by `from` stay");
    }
    if (bytes > maxBindingBytes) throw tooLarge(action, name, tensor, maxBindingBytes);
  };
  for (const { op, inputs, outputs } of steps) {
    for (const [name, tensor] of Object.entries({ ...inputs, ...outputs })) {
      if (tensor) verify(`apply ${op.name}`, name, tensor);
    }
  }
  for (const tensor of results) verify("read from the GPU", "a result", tensor);
}

const SIZES_STRIDE = 256;

function writeSizes({ device, memory }: Planner, dispatches: readonly Dispatch[]): GPUBuffer | undefined {
  if (!dispatches.some(({ sizes }) => sizes)) return undefined;
  const words = new Uint32Array(dispatches.length * SIZES_STRIDE / 4);
  dispatches.forEach(({ sizes = {} }, index) => words.set(Object.values(sizes), index * SIZES_STRIDE / 4));
  const buffer = memory.uniforms.take(words.byteLength);
  device.queue.writeBuffer(buffer, 0, words);
  return buffer;
}

function bind(
  { device, pipelines }: Planner,
  { dispatch, bindings }: Planned,
  sizes: GPUBuffer | undefined,
  index: number,
): Bound {
  const { pipeline, layout } = pipelines.get(dispatch, bindings);
  const entries: GPUBindGroupEntry[] = usedBindings(dispatch, bindings).map(({ tensor }, binding) => {
    const { buffer, bytes } = tensor as GpuTensor;
    return { binding, resource: { buffer: buffer!, size: Math.max(16, Math.ceil(bytes / 16) * 16) } };
  });
  if (dispatch.sizes) {
    const size = Math.ceil(4 * Object.keys(dispatch.sizes).length / 16) * 16;
    entries.push({ binding: entries.length, resource: { buffer: sizes!, offset: index * SIZES_STRIDE, size } });
  }
  return { dispatch, pipeline, bindGroup: device.createBindGroup({ layout, entries, label: dispatch.label }) };
}
