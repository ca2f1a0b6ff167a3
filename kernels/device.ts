/**
 * The WebGPU backend: record → plan → encode in one pass → submit once.
 *
 * @module
 */
import type { Device, HostTensor, Program } from "../src/device.ts";
import type { Inputs, Op, Outputs, Tensor } from "../src/op.ts";
import type { Adapter } from "./adapter.ts";
import { FaultWatch } from "./faults.ts";
import { type Compiled, keepRecent } from "./compiled.ts";
import { kernels } from "./kernels.ts";
import { haveParts, joinParts, runParts, splitRows } from "./parts.ts";
import { PipelineCache } from "./pipelines.ts";
import { BufferPool } from "./buffers.ts";
import { GpuProgram } from "./program.ts";
import { readBack, runOnce } from "./readback.ts";
import { GpuTensor, type Step } from "./tensor.ts";
import { Uploads } from "./upload.ts";

/**
 * Runs operations as WebGPU kernels. Operations are recorded; `read` and compiled programs run them.
 *
 * A result that was not read is gone after the next `read`: only tensors made by `from` stay.
 */
export class WebGpuDevice implements Device<GpuTensor> {
  /** Always `"webgpu"`. */
  readonly kind = "webgpu";
  /** Compiled pipelines. */
  readonly pipelines: PipelineCache;
  /** Buffers of intermediate tensors: programs share them, and overwrite what others left. */
  readonly pool: BufferPool;
  /** Buffers of tensors made by `from`, which no program may overwrite. */
  readonly stored: BufferPool;
  /** Buffers of run-time sizes. */
  readonly uniforms: BufferPool;
  /** Buffers that results are copied to. */
  readonly staging: BufferPool;
  /** Errors that the GPU reported on its own. */
  readonly faults: FaultWatch;
  readonly #uploads: Uploads;
  #steps: Step[] = [];
  #pending = new Set<Promise<unknown>>();

  /** Wraps a device; `owned` devices are destroyed with the wrapper. Use `openWebGpu` to get one. */
  constructor(readonly device: GPUDevice, readonly adapter: Adapter, readonly owned = false) {
    this.pipelines = new PipelineCache(device, adapter.dialect);
    const { STORAGE, COPY_SRC, COPY_DST, UNIFORM, MAP_READ } = GPUBufferUsage;
    this.pool = new BufferPool(device, STORAGE | COPY_SRC | COPY_DST, "tensor");
    this.stored = new BufferPool(device, STORAGE | COPY_SRC | COPY_DST, "stored");
    this.uniforms = new BufferPool(device, UNIFORM | COPY_DST, "sizes");
    this.staging = new BufferPool(device, MAP_READ | COPY_DST, "staging");
    this.faults = new FaultWatch(device);
    this.#uploads = new Uploads(device);
  }

  /** Records one operation; throws a RangeError when shapes do not fit or a tensor is gone. */
  run<I extends string, O extends string, P>(
    op: Op<I, O, P>,
    inputs: Inputs<I, GpuTensor>,
    params: P,
  ): Outputs<O, GpuTensor> {
    this.faults.check(`apply ${op.name}`);
    refuseExpired(`apply ${op.name}`, inputs);
    const specs = op.infer(inputs, params);
    const whole = { inputs, outputs: specs, params, adapter: this.adapter };
    if (op.compose && (haveParts(inputs) || !kernels[op.name]?.fuses?.(whole))) return op.compose(this, inputs, params);
    const computed = runParts(this, op, whole, this.maxTensorBytes);
    if (computed) return computed;
    const make = ([name, { shape, dtype }]: [string, Tensor]) => [name, new GpuTensor(shape, dtype)];
    const outputs = Object.fromEntries(Object.entries<Tensor>(specs).map(make));
    this.#steps.push({ op, inputs: inputs as Step["inputs"], outputs, params });
    return outputs;
  }

  /** Bytes of a whole tensor at most; matrices of floats that have more are held as row parts. */
  get maxTensorBytes(): number {
    return this.adapter.maxBindingBytes;
  }

  /** Copies host data to the GPU, where it stays; floats above one binding in row parts. */
  from({ shape, data }: HostTensor): GpuTensor {
    this.faults.check("copy data to the GPU");
    const parts = splitRows({ shape, data }, this.maxTensorBytes);
    if (parts.length > 1) return joinParts(parts.map((part) => this.from(part)));
    const tensor = new GpuTensor(shape, data instanceof Int32Array ? "i32" : "f32", true);
    if (tensor.bytes > this.maxTensorBytes) {
      throw new RangeError(
        `Cannot copy a tensor [${shape}] to the GPU: ${tensor.bytes} bytes, this adapter binds ${this.maxTensorBytes} at most`,
      );
    }
    tensor.buffer = this.stored.take(tensor.bytes);
    this.#uploads.write(tensor.buffer, data);
    return tensor;
  }

  /** Frees a tensor made by `from`; whatever uses it from now on throws. */
  free(tensor: GpuTensor): void {
    if (tensor.parts) return tensor.parts.forEach((part) => this.free(part));
    if (tensor.expired || !tensor.persistent) return;
    tensor.expire();
    this.stored.give(tensor.buffer!);
  }

  /** Runs everything recorded and copies the named tensors back. */
  async read<K extends string>(tensors: { readonly [Name in K]: GpuTensor }): Promise<{ [Name in K]: HostTensor }> {
    const steps = this.#steps;
    this.#steps = [];
    this.faults.check("read from the GPU");
    refuseExpired("read from the GPU", tensors);
    const program = new GpuProgram(this, steps, [], Object.values(tensors));
    const results = this.#pend(readBack(this, program, tensors));
    program.dispose();
    return await results;
  }

  /** Plans what was recorded so far without running it: for counting dispatches and timing them. */
  plan(results: readonly GpuTensor[]): GpuProgram {
    const steps = this.#steps;
    this.#steps = [];
    return new GpuProgram(this, steps, [], results);
  }

  /** Makes a replayable program: recorded once per combination of input shapes. */
  compile<I extends string, O extends string>(
    body: (inputs: { readonly [Name in I]: GpuTensor }) => { readonly [Name in O]: GpuTensor },
  ): Program<I, O> {
    const programs = new Map<string, Compiled>();
    const prepare = (inputs: Readonly<Record<string, HostTensor>>): Compiled => {
      this.faults.check("run a program on the GPU");
      const hosts = Object.entries<HostTensor>(inputs);
      const key = JSON.stringify(hosts.map(([name, { shape, data }]) => [name, shape, data instanceof Int32Array]));
      const compiled = programs.get(key) ?? this.#record(body as never, inputs);
      keepRecent(programs, key, compiled);
      hosts.forEach(([name, { data }]) => this.#uploads.write(compiled.inputs[name].buffer!, data));
      return compiled;
    };
    const run = async (inputs: Readonly<Record<string, HostTensor>>) => {
      const { program, outputs } = prepare(inputs);
      return await this.#pend(readBack(this, program, outputs)) as { [Name in O]: HostTensor };
    };
    return Object.assign(run, {
      start: (inputs: Readonly<Record<string, HostTensor>>) => runOnce(this.device, prepare(inputs).program),
      dispose: () => {
        for (const { program } of programs.values()) program.dispose();
        programs.clear();
      },
    });
  }

  #record(
    body: (inputs: Record<string, GpuTensor>) => Record<string, GpuTensor>,
    hosts: Readonly<Record<string, HostTensor>>,
  ): Compiled {
    const outside = this.#steps;
    this.#steps = [];
    try {
      const placeholder = ({ shape, data }: HostTensor) =>
        new GpuTensor(shape, data instanceof Int32Array ? "i32" : "f32");
      const inputs = Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, placeholder(host)]));
      const outputs = body(inputs);
      const program = new GpuProgram(this, this.#steps, Object.values(inputs), Object.values(outputs));
      return { program, inputs, outputs };
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

  /** Bytes of all buffers of this device. */
  get bytes(): number {
    return this.pool.bytes + this.stored.bytes + this.uniforms.bytes + this.staging.bytes;
  }

  /** Waits for the calls under way, then destroys every buffer, and the device if it is owned. */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
    this.faults.close();
    for (const pool of [this.pool, this.stored, this.uniforms, this.staging]) pool.dispose();
    if (this.owned) this.device.destroy();
  }
}

function refuseExpired(action: string, tensors: Readonly<Record<string, GpuTensor | undefined>>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor?.expired) {
      throw new RangeError(`Cannot ${action}: ${name} [${tensor.shape}] was freed by an earlier read or free`);
    }
  }
}
