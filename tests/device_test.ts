/** What the WebGPU backend promises beside right numbers: programs replay, and results are one's own. */
import { assert, assertEquals } from "@std/assert";
import { hostIndices, type HostTensor, hostTensor, type HostTensors } from "../src/op/device.ts";
import { activation } from "../src/ops/activation.ts";
import { cacheWrite } from "../src/ops/cache.ts";
import { gather } from "../src/ops/rows.ts";
import { block, own, random } from "./support/device.ts";
import { gpuTest } from "./support/gpu.ts";

gpuTest("device: a compiled program equals direct calls, for each shape and each replay", async (gpu) => {
  const device = own(gpu);
  const w = device.from(random(16));
  const program = device.compile(block(device, w));
  for (const rows of [1, 5, 64, 5, 0, 1]) {
    for (const seed of [1, 2]) {
      const x = random(rows, 16, seed);
      const recorded = await device.read(block(device, w)({ x: device.from(x) }));
      assertEquals(await program({ x }), recorded);
    }
  }
});

gpuTest("device: replaying makes no pipelines, nor does another number of rows", async (gpu) => {
  const device = own(gpu);
  const program = device.compile(block(device, device.from(random(16))));
  await program({ x: random(3) });
  const made = device.pipelines.modules.length;
  assert(made > 0);
  await program({ x: random(3, 16, 9) });
  await program({ x: random(4) });
  assertEquals(device.pipelines.modules.length, made);
});

gpuTest("device: several results of any type and size, one of them an input", async (gpu) => {
  const device = own(gpu);
  const x = hostTensor([3, 1], [1, -2, 3]);
  const rows = hostIndices([2, 0, 1, 1, 2]);
  const on = { x: device.from(x), rows: device.from(rows), none: device.from(hostTensor([0, 4], [])) };
  const picked = gather(device, on.rows, device.from(hostIndices([4, 0])));
  const results = await device.read({
    ...on,
    picked,
    relu: activation(device, on.x, "relu"),
    empty: activation(device, on.none, "relu"),
  });
  assertEquals(results, {
    x,
    rows,
    none: hostTensor([0, 4], []),
    picked: hostIndices([2, 2]),
    relu: hostTensor([3, 1], [1, 0, 3]),
    empty: hostTensor([0, 4], []),
  } as Record<string, HostTensor>);
  assertEquals(await device.read({}), {});
});

gpuTest("device: calls that overlap give each its own result", async (gpu) => {
  const device = own(gpu);
  const w = device.from(random(16));
  const one = device.compile(block(device, w));
  const two = device.compile(({ x }) => ({ y: activation(device, x, "square") }));
  const inputs = Array.from({ length: 12 }, (_, i) => random(1 + i % 3, 16, i));
  const overlapping = await Promise.all(inputs.flatMap((x) => [one({ x }), two({ x })]));
  for (const [i, x] of inputs.entries()) {
    assertEquals(overlapping[2 * i], await one({ x }));
    assertEquals(overlapping[2 * i + 1], await two({ x }));
  }
});

gpuTest("device: a tensor written in place keeps its buffer over repeated calls", async (gpu) => {
  const device = own(gpu);
  const cache = device.from(hostTensor([4, 2], new Float32Array(8)));
  const program = device.compile<HostTensors<"x" | "rows">>((inputs) => ({
    cache: cacheWrite(device, { ...inputs, cache }),
  }));
  for (const place of [0, 1, 2]) {
    await program({ x: hostTensor([1, 2], [place + 1, -1]), rows: hostIndices([place]) });
  }
  assertEquals([...(await device.read({ cache })).cache.data], [1, -1, 2, -1, 3, -1, 0, 0]);
});

gpuTest("device: the least recently used of many programs makes room, and is recorded again", async (gpu) => {
  const device = own(gpu);
  let recorded = 0;
  const program = device.compile(({ x }) => (recorded++, { y: activation(device, x, "square") }));
  const call = async (rows: number) => assertEquals((await program({ x: random(rows, 1) })).y.shape, [rows, 1]);
  await Promise.all(Array.from({ length: 64 }, (_, i) => call(i + 1)));
  await call(1);
  assertEquals(recorded, 64);
  await call(65); // takes the place of 2, as 1 was used since
  await call(1);
  assertEquals(recorded, 65);
  await call(2);
  assertEquals(recorded, 66);
});
