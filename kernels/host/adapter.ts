/**
 * Capabilities of the adapter that kernels depend on.
 *
 * @module
 */

/** Capabilities that choose between variants of a kernel. */
export interface Adapter {
  /** CPU adapters (lavapipe, SwiftShader) want register tiles; GPUs want shared-memory tiles. */
  readonly family: "cpu" | "gpu";
  /** Maximum invocations of a work group. */
  readonly maxInvocations: number;
  /** Maximum work group memory in bytes. */
  readonly maxWorkgroupBytes: number;
  /** Maximum size of a storage binding in bytes. */
  readonly maxBindingBytes: number;
  /** Optional features of the device: `shader-f16`, `subgroups`, `timestamp-query`. */
  readonly features: ReadonlySet<string>;
  /** Minimum invocations of a subgroup; 4 if unknown. */
  readonly subgroupMinSize: number;
  /** WGSL dialect of the device's compiler. */
  readonly dialect: Dialect;
}

/** `enable subgroups;` is what Tint (Chromium, Dawn) requires, and naga (Deno, Firefox) rejects. */
export type Dialect = "naga" | "tint";

/** The portable limits of WebGPU, within which every kernel must run. */
export const PORTABLE: Adapter = {
  family: "gpu",
  maxInvocations: 256,
  maxWorkgroupBytes: 16384,
  maxBindingBytes: 2 ** 27,
  features: new Set(),
  subgroupMinSize: 4,
  dialect: "tint",
};

/** Width of a SIMD register of a software adapter, in floats. */
export const SIMD = 8;

/** Invocations that share a row: one SIMD register of a software adapter, one or two subgroups of a GPU. */
export function lanesOf({ family }: Adapter): number {
  return family === "cpu" ? SIMD : 64;
}

/** Whether loads cost so much, and subgroups are so wide, that a lane loads a value and broadcasts it to the others. */
export function broadcasts({ family, features, subgroupMinSize }: Adapter): boolean {
  return family === "cpu" && features.has("subgroups") && subgroupMinSize >= SIMD;
}

/** Detects the dialect of a device by compiling the directive; without subgroups it does not matter. */
async function dialectOf(device: GPUDevice): Promise<Dialect> {
  if (!device.features.has("subgroups")) return "tint";
  device.pushErrorScope("validation");
  device.createShaderModule({ code: "enable subgroups;\n@compute @workgroup_size(1) fn main() {}" });
  return await device.popErrorScope() ? "naga" : "tint";
}

/** Reads the capabilities of a device. */
export async function describeDevice(device: GPUDevice, info: GPUAdapterInfo | undefined): Promise<Adapter> {
  const words = `${info?.vendor} ${info?.architecture} ${info?.device} ${info?.description}`;
  const { limits } = device;
  return {
    family: /llvmpipe|lavapipe|swiftshader|basic render|\bcpu\b/i.test(words) ? "cpu" : "gpu",
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupBytes: limits.maxComputeWorkgroupStorageSize,
    maxBindingBytes: limits.maxStorageBufferBindingSize,
    features: new Set([...device.features]),
    subgroupMinSize: info?.subgroupMinSize ?? 4,
    dialect: await dialectOf(device),
  };
}
