/**
 * What an adapter can reach at best: a chain of multiply-adds in registers, and a copy.
 *
 * @module
 */
import type { WebGpuDevice } from "../../kernels/mod.ts";

/** Measured peaks of an adapter. */
export interface Peaks {
  /** Billions of float operations per second. */
  gflops: number;
  /** Billions of bytes read and written per second. */
  gbytes: number;
}

/** Environment variable that holds the peaks: the files of `deno bench` are isolates of one process. */
const SHARED = "REFRAIN_BENCH_PEAKS";

/** Peaks of the adapter, measured once a process. */
export async function peaks(device: WebGpuDevice): Promise<Peaks> {
  const known = Deno.env.get(SHARED);
  if (known) return JSON.parse(known);
  const measured = await measure(device);
  Deno.env.set(SHARED, JSON.stringify(measured));
  return measured;
}

const STEPS = 512;
const UNROLLED = 16;
const CHAINS = 2;

/** Two chains of vectors, which fit the registers of any adapter; unrolled, so that the loop's counter does not show. */
const multiplyAdd = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  var a = y[id.x];
  var b = a + 1.0;
  let s = a * 0.5;
  for (var i = 0u; i < ${STEPS}u; i++) {
${"    a = fma(a, s, s); b = fma(b, s, s);\n".repeat(UNROLLED)}
  }
  y[id.x] = a + b;
}`;

const copy = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { y[id.x] = y[id.x] + 1.0; }`;

async function measure(device: WebGpuDevice): Promise<Peaks> {
  const cpu = device.adapter.family === "cpu";
  const threads = cpu ? 64 * 64 : 64 * 16384;
  const compute = await time(device.device, multiplyAdd, threads, threads / 64);
  const elements = 64 * (cpu ? 32768 : 65535);
  const memory = await time(device.device, copy, elements, elements / 64);
  return { gflops: threads * STEPS * UNROLLED * CHAINS * 4 * 2 / compute / 1e6, gbytes: elements * 32 / memory / 1e6 };
}

/** Milliseconds of one dispatch: the difference between the best of seven times five and the best of seven times one. */
async function time(device: GPUDevice, code: string, elements: number, groups: number): Promise<number> {
  const buffer = device.createBuffer({ size: elements * 16, usage: GPUBufferUsage.STORAGE });
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint: "main" } });
  const layout = pipeline.getBindGroupLayout(0);
  const bindGroup = device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer } }] });
  const run = async (repeats: number) => {
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    for (let repeat = 0; repeat < repeats; repeat++) pass.dispatchWorkgroups(groups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  };
  await run(1);
  let [one, five] = [Infinity, Infinity];
  for (let sample = 0; sample < 7; sample++) {
    one = Math.min(one, await run(1));
    five = Math.min(five, await run(5));
  }
  buffer.destroy();
  return (five - one) / 4;
}
