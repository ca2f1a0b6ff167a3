/**
 * Copies host data into buffers in chunks.
 *
 * @module
 */
import { hostBuffer, type HostTensor } from "../../src/op/device.ts";
import type { Memory } from "./memory.ts";

/** Elements of a chunk: the memory of each copy is the GPU's. */
const PART = 2 ** 22;

/** Copies an array into a buffer; numbers become float32 or int32. Throws a Shortage if memory for the copy is short. */
export function upload({ device, headroom }: Memory, buffer: GPUBuffer, data: HostTensor["data"]): void {
  for (let from = 0; from < data.length; from += PART) { // Deno panics on an empty copy
    const part = data.subarray(from, from + PART);
    const words = part instanceof Float64Array ? singles(part) : part;
    headroom.spend(0, words.byteLength);
    device.queue.writeBuffer(buffer, 4 * from, words as BufferSource);
  }
}

function singles(numbers: Float64Array): Float32Array {
  const words = new Float32Array(hostBuffer("copy data to the GPU", 4 * numbers.length));
  words.set(numbers);
  return words;
}
