/**
 * A planned recording: dispatches with their bind groups, ready to be encoded in one pass as often as wanted.
 *
 * @module
 */
import { assignBuffers } from "./plan.ts";
import type { Adapter } from "./adapter.ts";
import type { Dispatch } from "./kernel.ts";
import { kernels } from "./kernels.ts";
import { type Binding, bindingsOf, usedBindings } from "./module.ts";
import { tooLarge, wholeTensors } from "./parts.ts";
import type { PipelineCache } from "./pipelines.ts";
import type { BufferPool } from "./buffers.ts";
import type { GpuTensor, Step } from "./tensor.ts";

/** What planning needs of a device. */
export interface Planner {
  /** The device. */
  readonly device: GPUDevice;
  /** What the adapter can do. */
  readonly adapter: Adapter;
  /** Compiled pipelines. */
  readonly pipelines: PipelineCache;
  /** Buffers of intermediate tensors. */
  readonly pool: BufferPool;
  /** Buffers of run-time sizes. */
  readonly uniforms: BufferPool;
}

/** A dispatch with everything bound. */
interface Bound {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** A recording that has been planned. */
export class GpuProgram {
  /** Dispatches in order, for counting and printing. */
  readonly dispatches: readonly Dispatch[];
  readonly #bound: readonly Bound[];
  readonly #sizes: GPUBuffer | undefined;
  readonly #stored: readonly GpuTensor[];

  /** Plans steps: chooses buffers and kernels, compiles pipelines, makes bind groups. */
  constructor(
    readonly planner: Planner,
    readonly steps: readonly Step[],
    inputs: readonly GpuTensor[],
    results: readonly GpuTensor[],
  ) {
    const read = wholeTensors(results);
    try {
      check(steps, inputs, read, planner.adapter);
      assignBuffers(steps, inputs, read, planner.pool);
    } finally {
      for (const tensor of madeBy(steps, inputs)) tensor.expire(); // nothing else may rely on their buffers
    }
    this.#stored = steps.flatMap((step) =>
      Object.values(step.inputs).filter((tensor) => tensor?.persistent) as GpuTensor[]
    );
    const planned = steps.flatMap((step) => {
      const bindings = bindingsOf(step);
      return planStep(step, planner.adapter).map((dispatch) => ({ dispatch, bindings }));
    }).filter(({ dispatch }) => dispatch.workgroups.every((groups) => groups > 0));
    this.#sizes = writeSizes(planner, planned.map(({ dispatch }) => dispatch));
    this.#bound = planned.map((entry, index) => bind(planner, entry, this.#sizes, index));
    this.dispatches = planned.map(({ dispatch }) => dispatch);
  }

  /** Adds all dispatches to a pass; throws when a tensor that it reads has been freed. */
  encode(pass: GPUComputePassEncoder): void {
    const freed = this.#stored.find(({ expired }) => expired);
    if (freed) {
      throw new RangeError(`Cannot run a program on the GPU: it reads a tensor [${freed.shape}] that was freed`);
    }
    for (const { dispatch, pipeline, bindGroup } of this.#bound) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...dispatch.workgroups);
    }
  }

  /** Gives the sizes' buffer back; tensors' buffers belong to the pool since planning. */
  dispose(): void {
    if (this.#sizes) this.planner.uniforms.give(this.#sizes);
  }
}

/** The tensors that exist only inside a recording. */
function madeBy(steps: readonly Step[], inputs: readonly GpuTensor[]): Set<GpuTensor> {
  return new Set([...inputs, ...steps.flatMap(({ outputs }) => Object.values(outputs))]);
}

/** Throws unless every tensor is known here and not too big to be bound. */
function check(
  steps: readonly Step[],
  inputs: readonly GpuTensor[],
  results: readonly GpuTensor[],
  { maxBindingBytes }: Adapter,
): void {
  const made = madeBy(steps, inputs);
  const verify = (action: string, name: string, tensor: GpuTensor) => {
    const { shape, bytes, persistent, expired } = tensor;
    const refuse = (why: string) => new RangeError(`Cannot ${action}: ${name} [${shape}] ${why}`);
    if (expired) throw refuse("was freed");
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

function planStep({ op, inputs, outputs, params }: Step, adapter: Adapter): readonly Dispatch[] {
  const kernel = kernels[op.name];
  if (!kernel) throw new TypeError(`Cannot apply ${op.name}: WebGPU has no kernel of that name`);
  const dispatches = kernel({ inputs: inputs as Record<string, GpuTensor>, outputs, params, adapter });
  for (const { label, workgroups } of dispatches) {
    if (workgroups.some((groups) => groups > 65535)) {
      throw new RangeError(
        `Cannot apply ${op.name}: ${label} needs ${workgroups} work groups, 65535 an axis is the most`,
      );
    }
  }
  return dispatches;
}

const SIZES_STRIDE = 256;

function writeSizes({ device, uniforms }: Planner, dispatches: readonly Dispatch[]): GPUBuffer | undefined {
  if (!dispatches.some(({ sizes }) => sizes)) return undefined;
  const words = new Uint32Array(dispatches.length * SIZES_STRIDE / 4);
  dispatches.forEach(({ sizes = {} }, index) => words.set(Object.values(sizes), index * SIZES_STRIDE / 4));
  const buffer = uniforms.take(words.byteLength);
  device.queue.writeBuffer(buffer, 0, words);
  return buffer;
}

function bind(
  { device, pipelines }: Planner,
  { dispatch, bindings }: { dispatch: Dispatch; bindings: readonly Binding[] },
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
