/**
 * A device that plans operations and runs none, so that pipelines are known before they are needed.
 *
 * @module
 */
import {
  type Device,
  dtypeOf,
  type HostTensor,
  type HostTensors,
  hostZeros,
  type Program,
} from "../../src/op/device.ts";
import type { Inputs, Op, Outputs } from "../../src/op/op.ts";
import { mapTree, type OnDevice } from "../../src/op/tree.ts";
import type { Adapter } from "./adapter.ts";
import { keyOf } from "./compiled.ts";
import type { FaultWatch } from "./faults.ts";
import { joinParts, splitRows } from "./parts.ts";
import type { PipelineCache } from "./pipelines.ts";
import { type Planned, planned } from "./planned.ts";
import { record } from "./recording.ts";
import { GpuTensor, type Step } from "./tensor.ts";

/** Plans operations; every tensor that is read has zeros. Tensors of the real device may be inputs. */
export class Rehearsal implements Device<GpuTensor> {
  /** As the real device. */
  readonly kind = "webgpu";
  #steps: Step[] = [];

  /** Dispatches are given to `plan` in order, each every time that it is planned. */
  constructor(readonly adapter: Adapter, readonly plan: (planned: Planned) => void) {}

  /** Maximum size of a tensor in bytes. */
  get maxTensorBytes(): number {
    return this.adapter.maxBindingBytes;
  }

  /** Records one operation. */
  run<I extends string, O extends string, P>(
    op: Op<I, O, P>,
    inputs: Inputs<I, GpuTensor>,
    params: P,
  ): Outputs<O, GpuTensor> {
    return record(this, this.adapter, this.#steps, [op, inputs, params]);
  }

  /** A tensor without a buffer. */
  from(host: HostTensor): GpuTensor {
    const parts = splitRows(host, this.maxTensorBytes);
    return joinParts(parts.map((part) => new GpuTensor(part.shape, dtypeOf(part), true)));
  }

  /** Does nothing: tensors have no buffers, or belong to the real device. */
  free(): void {}

  /** Resolves at once. */
  async ready(): Promise<void> {}

  /** Plans what was recorded. */
  read<K extends string>(tensors: { readonly [Name in K]: GpuTensor }): Promise<{ [Name in K]: HostTensor }> {
    const steps = this.#steps;
    this.#steps = [];
    this.#plan(steps);
    return Promise.resolve(zeros(tensors) as { [Name in K]: HostTensor });
  }

  /** Makes a program that is planned once per combination of input shapes. */
  compile<I = HostTensors, O = HostTensors>(
    body: (inputs: OnDevice<NoInfer<I>, GpuTensor>) => OnDevice<NoInfer<O>, GpuTensor>,
  ): Program<I, O> {
    const outputs = new Map<string, unknown>();
    const prepare = (inputs: I) => {
      const key = keyOf(inputs), outside = this.#steps, steps: Step[] = [];
      if (outputs.has(key)) return outputs.get(key);
      this.#steps = steps;
      try {
        const tree = mapTree(inputs, (host: HostTensor) => new GpuTensor(host.shape, dtypeOf(host)));
        outputs.set(key, body(tree as OnDevice<I, GpuTensor>));
      } finally {
        this.#steps = outside;
      }
      this.#plan(steps);
      return outputs.get(key);
    };
    const run = (inputs: I) => Promise.resolve(zeros(prepare(inputs)) as O);
    return Object.assign(run, { start: (inputs: I) => void prepare(inputs), dispose: () => outputs.clear() });
  }

  #plan(steps: readonly Step[]): void {
    for (const dispatch of planned(steps, this.adapter)) this.plan(dispatch);
  }

  /** Does nothing. */
  async close(): Promise<void> {}

  /** Does nothing. */
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Parts of a device that a rehearsal needs. */
export interface Rehearsed {
  /** Capabilities of the adapter. */
  readonly adapter: Adapter;
  /** Compiled pipelines. */
  readonly pipelines: PipelineCache;
  /** Errors that the GPU reported on its own. */
  readonly faults: FaultWatch;
}

/** Compiles the pipelines that some work needs, all at the same time, without running it. */
export async function rehearse(
  { adapter, pipelines, faults }: Rehearsed,
  work: (device: Rehearsal) => Promise<void>,
  onProgress: (ready: number, total: number) => void = () => {},
): Promise<void> {
  faults.check("compile pipelines");
  const compiling: Promise<void>[] = [];
  const plan = ({ dispatch, bindings }: Planned) => {
    const done = pipelines.warm(dispatch, bindings);
    done?.catch(() => {}); // thrown below
    if (done) compiling.push(done);
  };
  await work(new Rehearsal(adapter, plan));
  let ready = 0;
  const told = compiling.map((done) => done.then(() => onProgress(++ready, compiling.length)));
  await faults.guard("compile pipelines", Promise.all(told));
}

function zeros(tree: unknown): unknown {
  return mapTree(tree, ({ shape, dtype }: GpuTensor) => hostZeros(shape, dtype));
}
