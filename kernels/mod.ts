/**
 * The WebGPU backend: how every operation runs on a GPU.
 *
 * @module
 */
export { type Adapter, PORTABLE } from "./adapter.ts";
export { WebGpuDevice } from "./device.ts";
export type { AnyKernel, Call, Dispatch, Kernel, Workgroups } from "./kernel.ts";
export { kernels } from "./kernels.ts";
export { type OpenOptions, openWebGpu } from "./open.ts";
export { GpuProgram } from "./program.ts";
export { GpuTensor, printSteps, type Step } from "./tensor.ts";
export { timeOnGpu } from "./timing.ts";
