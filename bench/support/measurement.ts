/**
 * One call of an operation, ready to be run many times on both backends.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import { type AnyOp, sizeOf, type Tensor } from "../../src/op/op.ts";
import type { GpuProgram, GpuTensor, WebGpuDevice } from "../../kernels/mod.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { BenchCall } from "./bench_op.ts";
import type { Peaks } from "./peak.ts";
import type { Row } from "./report.ts";
import { median } from "./median.ts";
import { replay, type Samples, timeProgram } from "./timing.ts";

/** A sample lasts so many times as long as waiting for an idle GPU. */
const WAITS = 20;

// deno-lint-ignore no-explicit-any
type AnyCall = BenchCall<any, any>;

type Named<T> = Record<string, T | undefined>;

/** What is known of a call before it is a row of a report. */
type Found = Omit<Row, "name" | "share">;

/** A call with its tensors on both backends, and the cost of one run. */
export class Measurement {
  private constructor(
    /** Calls of a sample. */
    readonly calls: number,
    readonly found: Found,
    /** Runs the reference once. */
    readonly runReference: () => void,
    readonly gpu?: { device: WebGpuDevice; program: GpuProgram; tensors: readonly GpuTensor[] },
  ) {}

  /** Makes the tensors, and times one run of the kernel, of the reference, and of waiting. */
  static async of(op: AnyOp, call: AnyCall, device: WebGpuDevice | undefined): Promise<Measurement> {
    const reference = new ReferenceDevice();
    const inputs = mapped(call.inputs, (host: HostTensor) => reference.from(host));
    const runReference = () => void reference.run(op, inputs, call.params);
    const about = { reference: timeReference(runReference), flops: call.flops ?? 0, bytes: bytesOf(op, call, inputs) };
    if (!device) return new Measurement(1, { ...about, kernel: "", ms: [] }, runReference);
    const tensors = mapped(call.inputs, (host: HostTensor) => device.from(host));
    const program = device.plan(Object.values<GpuTensor>(device.run(op, tensors, call.params)));
    const times = await timeProgram(device, program, { samples: 7 });
    const calls = Math.ceil(WAITS * await waiting(device, program) / median(times.ms));
    const found = {
      ...about,
      ...onlyKnown(times, device),
      kernel: program.dispatches.map(({ label }) => label).join(", "),
    };
    return new Measurement(calls, found, runReference, { device, program, tensors: present(tensors) });
  }

  /** One sample of the kernel: all calls, and the wait for the last. */
  async replay(): Promise<void> {
    await replay(this.gpu!.device, this.gpu!.program, this.calls);
  }

  /** One sample of the reference: the same calls. */
  refer(): void {
    for (let call = 0; call < this.calls; call++) this.runReference();
  }

  /** Columns of a report; the share is that of multiply-adds or of copies, whichever is higher. */
  row({ gflops, gbytes }: Peaks): Omit<Row, "name"> {
    const { flops, bytes, ms } = this.found, least = median(ms) * 1e6;
    return { ...this.found, share: Math.max(flops / gflops, bytes / gbytes) / least };
  }

  /** Frees the tensors on the GPU. */
  dispose(): void {
    if (!this.gpu) return;
    this.gpu.program.dispose();
    for (const tensor of this.gpu.tensors) this.gpu.device.free(tensor);
  }
}

function present<T>(tensors: Named<T>): T[] {
  return Object.values(tensors).filter((tensor) => tensor !== undefined);
}

function mapped<T, R>(tensors: Named<T>, make: (tensor: T) => R): Record<string, R> {
  const entries = Object.entries(tensors).filter(([, tensor]) => tensor !== undefined);
  return Object.fromEntries(entries.map(([name, tensor]) => [name, make(tensor!)]));
}

/** Processor time measures the adapter only if the adapter is a processor. */
function onlyKnown({ ms, work }: Samples, { adapter }: WebGpuDevice): Pick<Row, "ms" | "work"> {
  return adapter.family === "cpu" ? { ms, work } : { ms };
}

/** Four bytes for every element that is read or written: all of each input and output, but for the `touched` ones. */
function bytesOf(op: AnyOp, { params, touched = {} }: AnyCall, inputs: Record<string, Tensor>): number {
  const count = (tensors: Named<Tensor>) =>
    Object.entries(tensors).reduce((sum, [name, tensor]) => sum + (touched[name] ?? sizeOf(tensor!.shape)), 0);
  return 4 * (count(inputs) + count(op.infer(inputs, params)));
}

/** Milliseconds of a call of the reference, after one that compiles it: the least of three short ones. */
function timeReference(run: () => void): number {
  let least = Infinity;
  run();
  for (let sample = 0, begin = performance.now(); sample < 3 && performance.now() - begin < 300; sample++) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** Milliseconds that a sample of one call takes at best: with a short call nearly all of it is waiting. */
async function waiting(device: WebGpuDevice, program: GpuProgram): Promise<number> {
  return Math.min(await replay(device, program, 0), await replay(device, program, 0));
}
