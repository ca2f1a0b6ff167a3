/**
 * Opens a WebGPU device with all features and limits of the adapter.
 *
 * @module
 */
import { describeDevice } from "./adapter.ts";
import { type Runtime, whyNoAdapter, whyNoGpu } from "./advice.ts";
import { WebGpuDevice } from "./device.ts";
import { checkOpening, type OpenOptions } from "./open_options.ts";

const FEATURES = ["shader-f16", "subgroups", "timestamp-query"] as const;

/**
 * Opens the WebGPU backend with the kernels of inference and training.
 *
 * Throws when there is no WebGPU or no adapter, with what to do in this runtime; it never falls back to the reference.
 */
export async function openWebGpu(options: OpenOptions = {}): Promise<WebGpuDevice> {
  const device = await openForInference(options);
  await device.prepareTraining();
  return device;
}

/** Opens the WebGPU backend without the kernels that only training uses. Throws as {@link openWebGpu} does. */
export async function openForInference(options: OpenOptions = {}): Promise<WebGpuDevice> {
  checkOpening(options);
  if (options.device) {
    return new WebGpuDevice(options.device, await describeDevice(options.device, options.device.adapterInfo));
  }
  const gpu = options.gpu ?? globalThis.navigator?.gpu;
  if (!gpu) throw new Error(`Cannot open WebGPU: ${whyNoGpu(globalThis as Runtime)}`);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error(`Cannot open WebGPU: ${whyNoAdapter(globalThis as Runtime)}`);
  const listed = FEATURES.filter((feature) => adapter.features.has(feature));
  const device = await withSubgroups(adapter, listed) ?? await requestDevice(adapter, listed);
  return new WebGpuDevice(device, await describeDevice(device, adapter.info), true);
}

/** Requests subgroups, because Deno grants them without listing the feature. */
async function withSubgroups(adapter: GPUAdapter, listed: readonly string[]): Promise<GPUDevice | undefined> {
  if (!("Deno" in globalThis) || listed.includes("subgroups")) return undefined;
  return await requestDevice(adapter, [...listed, "subgroups"]).catch(() => undefined);
}

function requestDevice(adapter: GPUAdapter, features: readonly string[]): Promise<GPUDevice> {
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  return adapter.requestDevice({
    requiredFeatures: features as GPUFeatureName[],
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
}
