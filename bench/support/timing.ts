/**
 * Time of a program on the GPU: from timestamps where the adapter has them, else as a slope over replays.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import type { GpuProgram, WebGpuDevice } from "../../kernels/mod.ts";

/** Replays in one compute pass at most: command buffers are held in host memory until they are submitted. */
const REPLAYS_A_PASS = 1000;

/** Replays in a sample at most. */
const MOST_REPLAYS = 2000;

/** Times of one call, a number a sample. */
export interface Samples {
  /** Milliseconds on the GPU. */
  readonly ms: number[];
  /** Milliseconds of processor time of this process: on a CPU adapter, the work of the GPU and of the host. */
  readonly work: number[];
}

/** Encodes and submits `replays` runs of a program; the first pass may write timestamps. */
function submit(device: GPUDevice, program: GpuProgram, replays: number, descriptor?: GPUComputePassDescriptor) {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass(descriptor);
  for (let replay = 0; replay < replays; replay++) program.encode(pass);
  pass.end();
  return encoder;
}

/** Runs a program `replays` times and waits for the end; the milliseconds that passed, encoding included. */
export async function replay({ device }: WebGpuDevice, program: GpuProgram, replays: number): Promise<number> {
  const start = performance.now();
  for (let left = replays; left > 0; left -= REPLAYS_A_PASS) {
    device.queue.submit([submit(device, program, Math.min(left, REPLAYS_A_PASS)).finish()]);
  }
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}

/** Milliseconds that `replays` runs of a program take on the GPU, by timestamps. */
async function timestamped({ device }: WebGpuDevice, program: GpuProgram, replays: number): Promise<number> {
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const querySet = device.createQuerySet({ type: "timestamp", count: 2 });
  const resolved = device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC });
  const staging = device.createBuffer({ size: 16, usage: COPY_DST | MAP_READ });
  const timestampWrites = { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
  const encoder = submit(device, program, replays, { timestampWrites });
  encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const [begin, end] = new BigUint64Array(staging.getMappedRange().slice(0));
  for (const resource of [querySet, resolved, staging]) resource.destroy();
  return Number(end - begin) / 1e6;
}

/** Processor time of this process so far, in milliseconds. */
function processorTime(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

/** Times of one run of a program: `samples` measurements of at least `leastMs` each, after one that compiles. */
export async function timeProgram(
  device: WebGpuDevice,
  program: GpuProgram,
  { samples = 7, leastMs = 20 }: { samples?: number; leastMs?: number } = {},
): Promise<Samples> {
  const stamps = device.adapter.features.has("timestamp-query");
  const whole = stamps ? timestamped : replay;
  await whole(device, program, 1);
  // a slope may be zero or negative: the whole time of one run bounds the number of replays
  const once = Math.max(await whole(device, program, 1), 1e-3);
  const replays = Math.min(MOST_REPLAYS, Math.max(1, Math.ceil(leastMs / once)));
  const result: Samples = { ms: [], work: [] };
  for (let sample = 0; sample < samples; sample++) {
    const before = processorTime();
    const ms = await whole(device, program, replays);
    result.work.push((processorTime() - before) / replays);
    result.ms.push((stamps ? ms : await whole(device, program, 2 * replays) - ms) / replays);
  }
  return result;
}
