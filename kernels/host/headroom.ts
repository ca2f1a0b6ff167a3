/**
 * Checks for free memory before an allocation: Deno's WebGPU loses the device if memory for a command or a copy is short.
 *
 * @module
 */
import { BUFFER_USAGE } from "./gpu_flags.ts";

/** Bytes that must stay free after an allocation. */
const RESERVE = 32 * 2 ** 20;

/** Bytes that may be allocated between two probes. */
const UNPROBED = 2 ** 20;

/** An allocation that failed, or that leaves too little. */
export class Shortage extends Error {}

/** Detects failed buffers immediately on runtimes that show it; others report them in error scopes. */
export class Headroom {
  readonly #refusals = new Map<string, string>();
  #spent = 0;

  /** `probing` is for runtimes that refuse to map a buffer for different reasons. */
  constructor(readonly device: GPUDevice, readonly probing: boolean = ("Deno" in globalThis)) {}

  /** Accounts for bytes that were, or with `ahead` will be, allocated. Throws a Shortage if too little is left. */
  spend(bytes: number, ahead = 0): void {
    this.#spent += bytes + ahead;
    if (!this.probing || this.#spent < UNPROBED) return;
    this.#spent = 0;
    this.device.queue.submit([]); // frees the resources of finished commands
    this.#make({ size: RESERVE + ahead, usage: BUFFER_USAGE.MAP_WRITE | BUFFER_USAGE.COPY_SRC }).destroy();
    try {
      new ArrayBuffer(RESERVE).transfer(0); // JavaScript needs memory as well; its runtime aborts without
    } catch (error) {
      throw new Shortage((error as Error).message, { cause: error });
    }
  }

  /** Frees unused memory of JavaScript and of the GPU if the next bytes could not be allocated. */
  reclaim(bytes: number): void {
    if (!this.probing) return;
    try {
      new ArrayBuffer(2 * RESERVE + bytes).transfer(0); // triggers garbage collection before it fails
    } catch { /* the attempt that follows tells */ }
    this.device.queue.submit([]);
  }

  /** Makes a buffer. Throws a Shortage if that failed visibly, except on a lost device. */
  make(descriptor: GPUBufferDescriptor): GPUBuffer {
    const buffer = this.#make(descriptor);
    this.spend(descriptor.size);
    return buffer;
  }

  #make(descriptor: GPUBufferDescriptor): GPUBuffer {
    const { device } = this;
    let buffer: GPUBuffer;
    try {
      buffer = device.createBuffer(descriptor);
    } catch (error) {
      throw new Shortage((error as Error).message, { cause: error });
    }
    if (!this.probing) return buffer;
    const small = () => device.createBuffer({ ...descriptor, size: 16 });
    const { label = "" } = descriptor;
    if (!this.#refusals.has(label)) this.#refusals.set(label, refusalOf(small()));
    const refusal = this.#refusals.get(label)!;
    if (refusalOf(buffer) === refusal || refusalOf(small()) !== refusal) return buffer;
    buffer.destroy();
    throw new Shortage(`a buffer of ${descriptor.size} bytes could not be made`);
  }
}

/** The error message of mapping an unmapped buffer, which tells a failed buffer from a valid one. */
function refusalOf(buffer: GPUBuffer): string {
  try {
    buffer.getMappedRange(0, 8);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}
