/**
 * Copies from the host to buffers.
 *
 * @module
 */
import type { HostTensor } from "../src/device.ts";

/** Bytes between two submissions at most: what is copied has memory of its own until something is submitted. */
const MOST_WAITING = 2 ** 26;

/** Copies to the buffers of a device. */
export class Uploads {
  #waiting = 0;

  /** Copies with the queue of a device. */
  constructor(readonly device: GPUDevice) {}

  /** Writes elements to the start of a buffer, in single precision. */
  write(buffer: GPUBuffer, data: HostTensor["data"]): void {
    const words = data instanceof Float64Array ? Float32Array.from(data) : data;
    if (words.length === 0) return; // Deno panics on none
    this.device.queue.writeBuffer(buffer, 0, words as BufferSource);
    this.#waiting += words.byteLength;
    if (this.#waiting < MOST_WAITING) return;
    this.device.queue.submit([]);
    this.#waiting = 0;
  }
}
