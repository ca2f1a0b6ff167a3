/**
 * Opening a WebGPU device with everything the adapter offers.
 *
 * @module
 */
import { describeDevice } from "./adapter.ts";
import { WebGpuDevice } from "./device.ts";

/** Where a WebGPU device comes from: a device, an adapter source, or (by default) `navigator.gpu`. */
export interface OpenOptions {
  /** A device made elsewhere (browser, Dawn); it is not destroyed on disposal. */
  device?: GPUDevice;
  /** Makes adapters; `navigator.gpu` unless given. */
  gpu?: GPU;
}

const FEATURES = ["shader-f16", "subgroups", "timestamp-query"] as const;

/**
 * Opens the WebGPU backend.
 *
 * Throws when there is no WebGPU or no adapter; it never falls back to the reference.
 */
export async function openWebGpu(options: OpenOptions = {}): Promise<WebGpuDevice> {
  if (options.device) return new WebGpuDevice(options.device);
  const gpu = options.gpu ?? globalThis.navigator?.gpu;
  if (!gpu) throw new Error("Cannot open WebGPU: this runtime has no navigator.gpu");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new Error("Cannot open WebGPU: no adapter found (on Debian: apt-get install mesa-vulkan-drivers libvulkan1)");
  }
  const device = await adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)) as GPUFeatureName[],
    requiredLimits: {
      maxBufferSize: adapter.limits.maxBufferSize,
      maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
    },
  });
  return new WebGpuDevice(device, describeDevice(device, adapter.info), true);
}
