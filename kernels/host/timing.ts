/**
 * GPU time of one operation: from timestamps where the adapter has them, else as a slope over repeats.
 *
 * @module
 */
import type { WebGpuDevice } from "./device.ts";
import type { GpuProgram } from "./program.ts";
import type { GpuTensor } from "./tensor.ts";

/** Milliseconds that `repeats` encodings of a program take on the GPU, once. */
async function timestamped({ device }: WebGpuDevice, program: GpuProgram, repeats: number): Promise<number> {
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const querySet = device.createQuerySet({ type: "timestamp", count: 2 });
  const resolved = device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC });
  const staging = device.createBuffer({ size: 16, usage: COPY_DST | MAP_READ });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass({
    timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
  });
  for (let repeat = 0; repeat < repeats; repeat++) program.encode(pass);
  pass.end();
  encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const [begin, end] = new BigUint64Array(staging.getMappedRange().slice(0));
  for (const resource of [querySet, resolved, staging]) resource.destroy();
  return Number(end - begin) / 1e6;
}

/** Milliseconds from submission until everything is done, once. */
async function waited({ device }: WebGpuDevice, program: GpuProgram, repeats: number): Promise<number> {
  const start = performance.now();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let repeat = 0; repeat < repeats; repeat++) program.encode(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}

/**
 * Median milliseconds of one run of whatever `record` records, over `samples` measurements of at least `leastMs` each.
 */
export async function timeOnGpu(
  device: WebGpuDevice,
  record: () => readonly GpuTensor[],
  { samples = 7, leastMs = 20 }: { samples?: number; leastMs?: number } = {},
): Promise<number> {
  const program = device.plan(record());
  const stamps = device.adapter.features.has("timestamp-query");
  const measure = async (repeats: number): Promise<number> => {
    if (stamps) return await timestamped(device, program, repeats) / repeats;
    return (await waited(device, program, 2 * repeats) - await waited(device, program, repeats)) / repeats;
  };
  await measure(1);
  // a slope of two noisy times may be near zero or below: the whole time of one run is never too short
  const once = Math.max(await (stamps ? timestamped : waited)(device, program, 1), 1e-3);
  const repeats = Math.min(2000, Math.max(1, Math.ceil(leastMs / once)));
  const times: number[] = [];
  for (let sample = 0; sample < samples; sample++) times.push(await measure(repeats));
  program.dispose();
  return times.sort((a, b) => a - b)[samples >> 1];
}
