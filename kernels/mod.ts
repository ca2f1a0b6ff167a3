/**
 * The WebGPU backend: how every operation runs on a GPU.
 *
 * @module
 */
export { type Adapter, type Dialect, PORTABLE } from "./adapter.ts";
export { WebGpuDevice } from "./device.ts";
export type { AnyKernel, Call, Dispatch, Kernel, Workgroups } from "./kernel.ts";
export { kernels } from "./kernels.ts";
export { type Example, examples } from "./examples.ts";
export type { FaultWatch } from "./faults.ts";
export type { Binding } from "./module.ts";
export { type OpenOptions, openWebGpu } from "./open.ts";
export type { Pipeline, PipelineCache } from "./pipelines.ts";
export type { BufferPool, MakeBuffer } from "./buffers.ts";
export type { Uses } from "./calls.ts";
export type { Headroom } from "./headroom.ts";
export type { Asked, Memory } from "./memory.ts";
export { GpuProgram, type Planner } from "./program.ts";
export { GpuTensor, type Missed, printSteps, type Step } from "./tensor.ts";
export { timeOnGpu } from "./timing.ts";
