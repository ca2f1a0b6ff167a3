/** The WebGPU backend: record → plan → encode in one pass → submit once. @module */
import { allocate, type Device, dtypeOf, ShortageError } from "../../src/op/device.ts";
import type { HostTensor, HostTensors, Program } from "../../src/op/device.ts";
import type { Inputs, Op, Outputs } from "../../src/op/op.ts";
import type { OnDevice } from "../../src/op/tree.ts";
import type { Adapter } from "./adapter.ts";
import type { BufferPool } from "./buffers.ts";
import { Calls, type Work } from "./calls.ts";
import { type Body, type Compiled, CompiledPrograms, copyOf } from "./compiled.ts";
import { FaultWatch } from "./faults.ts";
import { loadTrainingKernels } from "../kernels.ts";
import { Memory } from "./memory.ts";
import { joinParts, splitRows, wholeTensors } from "./parts.ts";
import { PipelineCache } from "./pipelines.ts";
import { GpuProgram } from "./program.ts";
import { readBack, runInPlace } from "./readback.ts";
import { record } from "./recording.ts";
import { rehearse } from "./rehearsal.ts";
import { GpuTensor, refuseExpired, type Step } from "./tensor.ts";
import { upload } from "./upload.ts";

/**
 * Runs operations as WebGPU kernels. Operations are recorded; `read` and compiled programs run them.
 *
 * A result is lost after the next `read` unless it is read: only tensors made by `from` are persistent.
 */
export class WebGpuDevice implements Device<GpuTensor> {
  /** Always `"webgpu"`. */
  readonly kind = "webgpu";
  /** Compiled pipelines. */
  readonly pipelines: PipelineCache;
  /** All buffers. */
  readonly memory: Memory;
  /** Errors that the GPU reported on its own. */
  readonly faults: FaultWatch;
  readonly #calls: Calls;
  #steps: Step[] = [];
  #pending = new Set<Promise<unknown>>();

  /** Wraps a device; `owned` devices are destroyed with the wrapper. Use `openWebGpu` to get one. */
  constructor(readonly device: GPUDevice, readonly adapter: Adapter, readonly owned = false) {
    this.pipelines = new PipelineCache(device, adapter.dialect);
    this.memory = new Memory(device);
    this.faults = new FaultWatch(device);
    this.#calls = new Calls(this.memory, this.pipelines, this.faults);
  }

  /** Records one operation; throws a RangeError when shapes do not fit or a tensor is gone. */
  run<I extends string, O extends string, P>(
    op: Op<I, O, P>,
    inputs: Inputs<I, GpuTensor>,
    params: P,
  ): Outputs<O, GpuTensor> {
    this.faults.check(`apply ${op.name}`);
    return record(this, this.adapter, this.#steps, [op, inputs, params]);
  }

  /** Maximum size of a tensor in bytes; larger float matrices are held as row parts. */
  get maxTensorBytes(): number {
    return this.adapter.maxBindingBytes;
  }

  /** Copies host data to the GPU, where it stays; floats above one binding in row parts. */
  from({ shape, data }: HostTensor): GpuTensor {
    this.faults.check("copy data to the GPU");
    const parts = splitRows({ shape, data }, this.maxTensorBytes);
    if (parts.length > 1) return joinParts(allocate(this, (from) => parts.map(from)));
    const tensor = new GpuTensor(shape, dtypeOf({ shape, data }), true);
    if (tensor.bytes > this.maxTensorBytes) {
      throw new RangeError(
        `Cannot copy a tensor [${shape}] to the GPU: ${tensor.bytes} bytes, this adapter binds ${this.maxTensorBytes} at most`,
      );
    }
    this.#calls.allocate("copy data to the GPU", tensor, () => {
      tensor.buffer = this.memory.stored.take(tensor.bytes);
      upload(this.memory, tensor.buffer, data);
    });
    return tensor;
  }

  /** Frees a tensor made by `from`; later uses throw. */
  free(tensor: GpuTensor): void {
    if (tensor.parts) return tensor.parts.forEach((part) => this.free(part));
    if (tensor.expired || !tensor.persistent) return;
    tensor.expired = true;
    this.memory.stored.give(tensor.buffer!);
  }

  /** Waits until tensors made by `from` are allocated. */
  async ready(tensors: Iterable<GpuTensor>): Promise<void> {
    const action = "copy data to the GPU";
    this.faults.check(action);
    await this.#calls.settle();
    await this.faults.guard(action, this.device.queue.onSubmittedWorkDone());
    for (const { fault } of wholeTensors([...tensors])) if (fault) throw new ShortageError(action, fault);
  }

  /** Runs everything recorded and copies the named tensors back. */
  async read<K extends string>(tensors: { readonly [Name in K]: GpuTensor }): Promise<{ [Name in K]: HostTensor }> {
    const steps = this.#steps;
    this.#steps = [];
    this.faults.check("read from the GPU");
    refuseExpired("read from the GPU", tensors);
    return await this.#pend(this.#calls.perform("read from the GPU", () => {
      const program = new GpuProgram(this, steps, [], Object.values(tensors));
      try {
        return readBack<{ [Name in K]: HostTensor }>(this.memory, this.faults, program, tensors);
      } finally {
        program.dispose();
      }
    }));
  }

  /** Plans what was recorded so far without running it: for counting dispatches and timing them. */
  plan(results: readonly GpuTensor[]): GpuProgram {
    const steps = this.#steps;
    this.#steps = [];
    this.faults.check("plan a program for the GPU");
    return new GpuProgram(this, steps, [], results);
  }

  /** Makes a replayable program: recorded once per combination of input shapes. */
  compile<I = HostTensors, O = HostTensors>(
    body: (inputs: OnDevice<NoInfer<I>, GpuTensor>) => OnDevice<NoInfer<O>, GpuTensor>,
  ): Program<I, O> {
    const action = "run a program on the GPU";
    this.faults.check("compile a program for the GPU");
    const programs = new CompiledPrograms(this, body as Body, (body) => this.#record(body));
    const perform = <R>(inputs: I, work: (compiled: Compiled) => Work<R>, started: boolean) => {
      const copies = programs.has(inputs) ? undefined : copyOf(inputs);
      const again = copies !== undefined; // the caller may change the inputs before the copy
      const body = () => programs.prepare(copies ?? inputs, work);
      return this.#pend(this.#calls.perform(action, body, { started, again }));
    };
    const run = async (inputs: I) =>
      await perform(inputs, ({ program, outputs }) => readBack<O>(this.memory, this.faults, program, outputs), false);
    return Object.assign(run, {
      start: (inputs: I, times = 1) =>
        void perform(inputs, ({ program }) => runInPlace(this.device, program, times), true),
      dispose: () => programs.dispose(),
    });
  }

  /** Records the operations of a body separately from the pending recording. */
  #record<R>(body: () => R): { result: R; steps: readonly Step[] } {
    const outside = this.#steps;
    const steps = this.#steps = [] as Step[];
    try {
      return { result: body(), steps };
    } finally {
      this.#steps = outside;
    }
  }

  #pend<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work);
    const done = () => void this.#pending.delete(work);
    work.then(done, done);
    return work;
  }

  /** Compiles the pipelines that some work needs, all at the same time, without running it. */
  async rehearse(
    work: (device: Device<GpuTensor>) => Promise<void>,
    onProgress?: (ready: number, total: number) => void,
  ): Promise<void> {
    await rehearse(this, work, onProgress);
  }

  /** Buffers of intermediate tensors. */
  get pool(): BufferPool {
    return this.memory.tensors;
  }

  /** Bytes of all buffers of this device. */
  get bytes(): number {
    return this.memory.bytes;
  }

  /** Loads the kernels that only training uses; devices of `openDevice` and `openWebGpu` have them. */
  readonly prepareTraining: () => Promise<void> = loadTrainingKernels;

  /** Waits for pending calls, then destroys every buffer, and the device if it is owned. */
  async close(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
    await this.#calls.settle();
    this.faults.close();
    this.memory.dispose();
    if (this.owned) this.device.destroy();
  }

  /** The same as {@link WebGpuDevice.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
