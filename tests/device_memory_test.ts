/** The WebGPU backend frees its buffers, and reuses a buffer only after the last use of its tensor. */
import { assert, assertEquals } from "@std/assert";
import { activation } from "../src/ops/activation.ts";
import { block, own, random } from "./support/device.ts";
import { gpuTest } from "./support/gpu.ts";

gpuTest("device: 1,000 replays leave no buffer behind", async (gpu) => {
  const device = own(gpu);
  const program = device.compile(block(device, device.from(random(16))));
  const batch = () => Promise.all(Array.from({ length: 100 }, (_, seed) => program({ x: random(8, 16, seed) })));
  await batch();
  const { bytes } = device;
  for (let repeat = 0; repeat < 10; repeat++) await batch();
  assertEquals(device.bytes, bytes);
});

gpuTest("device: reading, freeing and copying again leaves no buffer behind", async (gpu) => {
  const device = own(gpu);
  const once = async () => {
    const [x, w] = [device.from(random(32)), device.from(random(16))];
    await device.read(block(device, w)({ x }));
    device.free(x);
    device.free(w);
    device.free(w);
    return device.bytes;
  };
  const bytes = await once();
  for (let repeat = 0; repeat < 5; repeat++) assertEquals(await once(), bytes);
});

gpuTest("device: a buffer is used again after its last reader", async (gpu) => {
  const device = own(gpu);
  let x = device.from(random(64, 64));
  for (let step = 0; step < 100; step++) x = activation(device, x, "relu");
  await device.read({ x });
  assert(device.pool.bytes <= 3 * 4 * 4096, `${device.pool.bytes} bytes for a chain of 16 KiB tensors`);
});

gpuTest("device: programs overwrite each other's buffers, but never a tensor of `from`", async (gpu) => {
  const device = own(gpu);
  const [x, w] = [random(16), random(16, 16, 3)];
  const program = device.compile(block(device, device.from(w)));
  const first = await program({ x });
  const kept = random(16, 16, 5);
  const tensors = Array.from({ length: 4 }, () => device.from(kept));
  await device.compile(block(device, tensors[0]))({ x: random(16, 16, 7) });
  assertEquals(await program({ x }), first);
  for (const tensor of tensors) assertEquals((await device.read({ tensor })).tensor, kept);
});
