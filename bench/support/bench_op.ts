/**
 * One line per kernel and shape: GPU time, physical rate, share of the adapter's measured peak, and the reference beside it.
 *
 * @module
 */
import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import type { Inputs, Op } from "../../src/op/op.ts";
import { type GpuTensor, openWebGpu, timeOnGpu, type WebGpuDevice } from "../../kernels/mod.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { normals } from "../../src/common/random.ts";
import { peaks } from "./peak.ts";

const adapter = await globalThis.navigator?.gpu?.requestAdapter();
const opened: Promise<WebGpuDevice> | undefined = adapter ? openWebGpu() : undefined;

/** A call to measure. */
export interface BenchCase<I extends string, P> {
  /** Which size this is. */
  size: "small" | "typical" | "large";
  /** Shape in words, as in `64×768×768`. */
  shape: string;
  /** Inputs. */
  inputs: Inputs<I, HostTensor>;
  /** Parameters. */
  params: P;
  /** Floating-point operations of the call, or 0 where bytes are what counts. */
  flops: number;
  /** Bytes that have to be read and written at least. */
  bytes: number;
}

/** A float tensor of normal numbers for benches. */
export function random(shape: readonly number[], scale = 1): HostTensor {
  return { shape, data: normals(shape.length, shape.reduce((a, b) => a * b, 1), scale) };
}

/** Whole numbers below `below`, spread over a shape. */
export function spread(shape: readonly number[], below: number): HostTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return hostIndices(Array.from({ length: count }, (_, i) => (i * 7919) % below), shape);
}

/** Registers the benches of one operation: kernel and reference at each shape, with a line of physical units. */
export function benchOp<I extends string, O extends string, P>(op: Op<I, O, P>, cases: BenchCase<I, P>[]): void {
  for (const { size, shape, inputs, params, flops, bytes } of cases) {
    const group = `${op.name} ${size} ${shape}`;
    if (opened) benchKernel(op, group, inputs, params, flops, bytes);
    const device = new ReferenceDevice();
    const on = (host: HostTensor | undefined) => host && device.from(host);
    const tensors = Object.fromEntries(Object.entries<HostTensor | undefined>(inputs).map(([k, v]) => [k, on(v)]));
    Deno.bench(
      { name: `${group} reference`, group, n: 3, warmup: 1 },
      () => void device.run(op, tensors as never, params),
    );
  }
}

function benchKernel<I extends string, O extends string, P>(
  op: Op<I, O, P>,
  group: string,
  inputs: Inputs<I, HostTensor>,
  params: P,
  flops: number,
  bytes: number,
): void {
  let printed = false;
  Deno.bench({ name: `${group} webgpu`, group, baseline: true, n: 3, warmup: 1 }, async (b) => {
    const device = await opened!;
    const tensors = Object.fromEntries(
      Object.entries<HostTensor | undefined>(inputs).map(([k, v]) => [k, v && device.from(v)]),
    ) as Record<string, GpuTensor>;
    const record = () => Object.values<GpuTensor>(device.run(op, tensors as never, params));
    const ms = await timeOnGpu(device, record, { samples: 5, leastMs: 10 });
    if (!printed) console.log(`  ${group}: ${await describe(device, ms, flops, bytes)}`);
    printed = true;
    const program = device.plan(record());
    b.start();
    const encoder = device.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    program.encode(pass);
    pass.end();
    device.device.queue.submit([encoder.finish()]);
    await device.device.queue.onSubmittedWorkDone();
    b.end();
    program.dispose();
    for (const tensor of Object.values(tensors)) if (tensor) device.free(tensor);
  });
}

/** GPU time with its rate: GFLOP/s against the peak product, or GB/s against the peak copy. */
async function describe(device: WebGpuDevice, ms: number, flops: number, bytes: number): Promise<string> {
  const { gflops, gbytes } = await peaks(device);
  const compute = flops / ms / 1e6;
  const memory = bytes / ms / 1e6;
  const rate = compute / gflops > memory / gbytes
    ? `${compute.toFixed(2)} GFLOP/s = ${(100 * compute / gflops).toFixed(0)} % of peak`
    : `${memory.toFixed(2)} GB/s = ${(100 * memory / gbytes).toFixed(0)} % of peak`;
  return `${ms.toFixed(4)} ms, ${rate}`;
}
