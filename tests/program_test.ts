/** Programs that are started, not read: work in place, in order, on both devices. */
import { assertEquals } from "@std/assert";
import { type Device, hostIndices, hostTensor } from "../src/op/device.ts";
import type { Tensor } from "../src/op/op.ts";
import { add } from "../src/ops/add.ts";
import { cacheWrite } from "../src/ops/cache.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { own } from "./support/device.ts";
import { gpuTest } from "./support/gpu.ts";

/** Writes three rows without reading, then one with. */
async function fill<T extends Tensor>(device: Device<T>): Promise<number[]> {
  const cache = device.from(hostTensor([4, 1], [0, 0, 0, 0]));
  const program = device.compile(({ x, rows }) => {
    return { filled: cacheWrite(device, { cache, x, rows }) };
  });
  const row = (place: number) => ({ x: hostTensor([1, 1], [10 + place]), rows: hostIndices([place]) });
  for (const place of [0, 1, 2]) program.start(row(place));
  const { filled } = await program(row(3));
  return [...filled.data];
}

gpuTest("program: `start` writes in place, in call order (WebGPU)", async (gpu) => {
  assertEquals(await fill(own(gpu)), [10, 11, 12, 13]);
});

Deno.test("program: `start` writes in place, in call order (reference)", async () => {
  assertEquals(await fill(new ReferenceDevice()), [10, 11, 12, 13]);
});

/** A cell that doubles and adds one, read after several starts of several times each. */
async function counted<T extends Tensor>(device: Device<T>): Promise<number[]> {
  const cache = device.from(hostTensor([1, 1], [0]));
  const program = device.compile(({ one, rows }) => {
    const x = add(device, add(device, cache, cache), one);
    return { counted: cacheWrite(device, { cache, x, rows }) };
  });
  const inputs = (one: number) => ({ one: hostTensor([1, 1], [one]), rows: hostIndices([0]) });
  program.start(inputs(1), 5);
  program.start(inputs(100), 2);
  const { counted } = await program(inputs(1));
  return [...counted.data];
}

gpuTest("program: `start` with a repeat count runs the repeats in sequence (WebGPU)", async (gpu) => {
  assertEquals(await counted(own(gpu)), [849]); // 31, then 162 and 424, then 849
});

Deno.test("program: `start` with a repeat count runs the repeats in sequence (reference)", async () => {
  assertEquals(await counted(new ReferenceDevice()), [849]);
});
