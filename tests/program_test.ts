/** Programs that are started, not read: work in place, in order, on both devices. */
import { assertEquals } from "@std/assert";
import { type Device, hostIndices, hostTensor } from "../src/device.ts";
import type { Tensor } from "../src/op.ts";
import { cacheAppend } from "../src/ops/cache.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { own } from "./support/device.ts";
import { gpuTest } from "./support/gpu.ts";

/** Appends three rows without reading, then one with. */
async function fill<T extends Tensor>(device: Device<T>): Promise<number[]> {
  const cache = device.from(hostTensor([4, 1], [0, 0, 0, 0]));
  const program = device.compile(({ x, offsets, lengths }: Record<"x" | "offsets" | "lengths", T>) => {
    return { filled: cacheAppend(device, { cache, x, offsets, lengths }, 4).cache };
  });
  const row = (length: number) => ({
    x: hostTensor([1, 1], [10 + length]),
    offsets: hostIndices([0, 1]),
    lengths: hostIndices([length]),
  });
  for (const length of [0, 1, 2]) program.start(row(length));
  const { filled } = await program(row(3));
  return [...filled.data];
}

gpuTest("program: what is started leaves its work in place, in order (WebGPU)", async (gpu) => {
  assertEquals(await fill(own(gpu)), [10, 11, 12, 13]);
});

Deno.test("program: what is started leaves its work in place, in order (reference)", async () => {
  assertEquals(await fill(new ReferenceDevice()), [10, 11, 12, 13]);
});
