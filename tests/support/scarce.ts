/**
 * A GPU with little memory: buffers above a limit cannot be made, and the GPU tells in one of the ways that there are.
 *
 * @module
 */
import { WebGpuDevice } from "../../kernels/mod.ts";

/** When it is known: `thrown` by the call, `at once` by the buffer (Deno), `later` by an error scope alone (browsers). */
export type Told = "thrown" | "at once" | "later";

/** How much there is. */
export interface Scarcity {
  /** Bytes of a buffer at most; may be changed. */
  limit: number;
  /** Buffers that could not be made. */
  failed: number;
}

/** Wraps the shared GPU. */
export function scarce({ device, adapter }: WebGpuDevice, told: Told): { device: WebGpuDevice; scarcity: Scarcity } {
  const scarcity: Scarcity = { limit: Infinity, failed: 0 };
  const scopes: { filter: GPUErrorFilter; error?: GPUError }[] = [];
  const own: Partial<GPUDevice> = {
    createBuffer(descriptor) {
      if (!descriptor.label || descriptor.size <= scarcity.limit) return device.createBuffer(descriptor);
      scarcity.failed++;
      if (told === "thrown") throw new RangeError("no memory");
      const scope = scopes.findLast(({ filter }) => filter === "out-of-memory");
      if (!scope) throw new Error("a buffer is made outside a scope");
      scope.error = new GPUOutOfMemoryError("no memory");
      if (told === "later") return device.createBuffer({ ...descriptor, size: 16 }); // too small for all that is done with it
      device.pushErrorScope("validation");
      const invalid = device.createBuffer({ ...descriptor, size: 2 ** 40 });
      device.popErrorScope();
      return invalid;
    },
    pushErrorScope(filter) {
      scopes.push({ filter });
      device.pushErrorScope(filter);
    },
    async popErrorScope() {
      const { error } = scopes.pop()!;
      const real = device.popErrorScope();
      if (told === "later") await new Promise((resolve) => setTimeout(resolve, 3));
      return error ?? await real;
    },
  };
  const proxy = new Proxy(device, {
    get(target, name) {
      if (name in own) return own[name as keyof GPUDevice];
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { device: new WebGpuDevice(proxy, adapter), scarcity };
}
