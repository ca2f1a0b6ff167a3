/**
 * Copying host data into buffers, a part at a time.
 *
 * @module
 */
import { hostBuffer, type HostTensor } from "../../src/op/device.ts";
import type { Memory } from "./memory.ts";

/** Elements that are copied at a time: memory for each copy comes from the GPU's own. */
const PART = 2 ** 22;

/** Copies an array into a buffer; numbers become float32 or int32. Throws a Shortage where memory for the copy is short. */
export function upload({ device, headroom }: Memory, buffer: GPUBuffer, data: HostTensor["data"]): void {
  for (let from = 0; from < data.length; from += PART) { // Deno panics on a copy of nothing
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
