/**
 * What kernels may know of the adapter they run on.
 *
 * @module
 */

/** Capabilities that choose between variants of a kernel. */
export interface Adapter {
  /** CPU adapters (lavapipe, SwiftShader) want register tiles; GPUs want shared-memory tiles. */
  readonly family: "cpu" | "gpu";
  /** Invocations of a work group at most. */
  readonly maxInvocations: number;
  /** Bytes of work group memory at most. */
  readonly maxWorkgroupBytes: number;
  /** Bytes of one storage binding at most. */
  readonly maxBindingBytes: number;
  /** Optional features of the device: `shader-f16`, `subgroups`, `timestamp-query`. */
  readonly features: ReadonlySet<string>;
  /** Invocations of a subgroup at least; 4 where nothing is known. */
  readonly subgroupMinSize: number;
}

/** The portable budget of WebGPU: what every kernel must be able to live with. */
export const PORTABLE: Adapter = {
  family: "gpu",
  maxInvocations: 256,
  maxWorkgroupBytes: 16384,
  maxBindingBytes: 2 ** 27,
  features: new Set(),
  subgroupMinSize: 4,
};

/** Reads the capabilities of a device. */
export function describeDevice(device: GPUDevice, info: GPUAdapterInfo | undefined): Adapter {
  const words = `${info?.vendor} ${info?.architecture} ${info?.device} ${info?.description}`;
  const { limits } = device;
  return {
    family: /llvmpipe|lavapipe|swiftshader|basic render|\bcpu\b/i.test(words) ? "cpu" : "gpu",
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupBytes: limits.maxComputeWorkgroupStorageSize,
    maxBindingBytes: limits.maxStorageBufferBindingSize,
    features: new Set([...device.features]),
    subgroupMinSize: info?.subgroupMinSize ?? 4,
  };
}
