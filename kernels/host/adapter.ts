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
  /** Which compiler reads the WGSL. */
  readonly dialect: Dialect;
}

/** `enable subgroups;` is what Tint (Chromium, Dawn) requires, and naga (Deno, Firefox) rejects. */
export type Dialect = "naga" | "tint";

/** The portable budget of WebGPU: what every kernel must be able to live with. */
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

/** Asks a device which dialect it reads: by compiling the directive, or as it does not matter without subgroups. */
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
