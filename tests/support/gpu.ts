/**
 * One WebGPU device for all tests of a process; a missing adapter is a visible fact.
 *
 * @module
 */
import { openWebGpu, WebGpuDevice } from "../../kernels/mod.ts";
import { variantsOf } from "./variants.ts";

let opened: Promise<WebGpuDevice> | undefined;

/** The shared device. */
export function gpu(): Promise<WebGpuDevice> {
  return opened ??= openWebGpu();
}

const variants = new WeakMap<GPUDevice, WebGpuDevice[]>();

/** The shared device once for each family of kernel variants, so that any adapter tests them all. */
export function everyVariant({ device, adapter }: WebGpuDevice): WebGpuDevice[] {
  if (!variants.has(device)) {
    variants.set(device, variantsOf(adapter).map(({ adapter }) => new WebGpuDevice(device, adapter)));
  }
  return variants.get(device)!;
}

const adapter = await globalThis.navigator?.gpu?.requestAdapter();

if (!adapter && Deno.env.get("REQUIRE_GPU") === "1") {
  throw new Error("Cannot run the WebGPU tests: no adapter, and REQUIRE_GPU=1 (apt-get install mesa-vulkan-drivers)");
}

/** A test that needs the GPU; skipped, visibly, where there is none. The device lives until the process ends. */
export function gpuTest(name: string, body: (device: WebGpuDevice) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !adapter,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => await body(await gpu()),
  });
}
