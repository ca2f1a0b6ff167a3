/**
 * The WebGPU backend: how every operation runs on a GPU.
 *
 * @module
 */
export { type Adapter, type Dialect, PORTABLE } from "./host/adapter.ts";
export { WebGpuDevice } from "./host/device.ts";
export type { AnyKernel, Call, Dispatch, Kernel, Workgroups } from "./host/kernel.ts";
export type { FaultWatch } from "./host/faults.ts";
export type { Binding } from "./host/module.ts";
export { openWebGpu } from "./host/open.ts";
export type { OpenOptions } from "./host/open_options.ts";
export type { Pipeline, PipelineCache } from "./host/pipelines.ts";
export type { BufferPool, MakeBuffer } from "./host/buffers.ts";
export type { Uses } from "./host/calls.ts";
export type { Headroom } from "./host/headroom.ts";
export type { Asked, Memory } from "./host/memory.ts";
export { GpuProgram, type Planner } from "./host/program.ts";
export { GpuTensor, type Missed, printSteps, type Step } from "./host/tensor.ts";
