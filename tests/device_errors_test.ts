/** What the WebGPU backend says when something cannot be done: once, clearly, and with the numbers. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { activation } from "../src/ops/activation.ts";
import { linear } from "../src/ops/linear.ts";
import { type GpuTensor, openWebGpu, WebGpuDevice } from "../kernels/mod.ts";
import { own } from "./support/device.ts";
import { gpuTest } from "./support/gpu.ts";

const x = hostTensor([2, 2], [1, 2, 3, 4]);
const relu = (device: WebGpuDevice) => ({ x }: Record<string, GpuTensor>) => ({ y: activation(device, x, "relu") });

gpuTest("device: use of a result after the next read throws", async (gpu) => {
  const device = own(gpu);
  const input = device.from(x);
  const [y, z] = [activation(device, input, "relu"), activation(device, input, "square")];
  await device.read({ y });
  const gone = "[2,2] was freed by an earlier read or free";
  assertThrows(() => activation(device, z, "relu"), RangeError, `Cannot apply activation: x ${gone}`);
  await assertRejects(() => device.read({ y }), RangeError, `Cannot read from the GPU: y ${gone}`);
  assertEquals((await device.read({ input })).input, x);
});

gpuTest("device: a freed tensor is refused: when recorded, when run, and when replayed", async (gpu) => {
  const device = own(gpu);
  const [first, second, third] = [device.from(x), device.from(x), device.from(x)];
  device.free(first);
  assertThrows(() => activation(device, first, "relu"), RangeError, "x [2,2] was freed");
  const y = activation(device, second, "relu");
  device.free(second);
  await assertRejects(() => device.read({ y }), RangeError, "Cannot apply activation: x [2,2] was freed");
  const program = device.compile(({ x }) => ({ y: linear(device, x, third) }));
  await program({ x });
  device.free(third);
  await assertRejects(() => program({ x }), RangeError, "it reads a tensor [2,2] that was freed");
});

gpuTest("device: tensors of a recording do not leave it", async (gpu) => {
  const device = own(gpu);
  const outside = activation(device, device.from(x), "relu");
  const wrong = device.compile(({ x }) => ({ y: linear(device, x, outside) }));
  await assertRejects(() => wrong({ x }), RangeError, "Cannot apply linear: w [2,2] belongs to another recording");
  assertEquals((await device.read({ outside })).outside, x);
  const escaped: GpuTensor[] = [];
  await device.compile(({ x }) => (escaped.push(x, activation(device, x, "relu")), { x }))({ x });
  for (const tensor of escaped) assertThrows(() => activation(device, tensor, "relu"), RangeError, "was freed");
});

gpuTest("device: tensors too big to bind are refused, with the numbers", async (gpu) => {
  const device = new WebGpuDevice(gpu.device, { ...gpu.adapter, maxBindingBytes: 64 });
  const big = "to the GPU: 68 bytes, this adapter binds 64 at most";
  const wide = hostTensor([1, 17], new Float32Array(17)); // a row is in one part
  assertThrows(() => device.from(wide), RangeError, `Cannot copy a tensor [1,17] ${big}`);
  assertThrows(() => device.from(hostIndices(Array(17).fill(0))), RangeError, `Cannot copy a tensor [17] ${big}`);
  const w = device.from(hostTensor([8, 1], new Float32Array(8)));
  const { bytes } = device;
  const y = linear(device, w, w);
  const tooBig = "Cannot apply linear: y [8,8] has 256 bytes, this adapter binds 64 at most";
  await assertRejects(() => device.read({ y }), RangeError, tooBig);
  assertEquals(device.bytes, bytes, "nothing was taken");
  assertEquals((await device.read({ w })).w.shape, [8, 1]);
});

gpuTest("device: an error of the GPU is thrown at the next call, once", async (gpu) => {
  const device = own(gpu);
  gpu.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  await new Promise((done) => setTimeout(done, 20));
  const error = assertThrows(() => device.from(x), Error, "Cannot copy data to the GPU: ");
  assert((error as Error).message.length > 40, "it says what the GPU said");
  assertThrows(() => gpu.faults.check("go on"), Error, "Cannot go on: "); // every wrapper of the device heard it
  assertEquals((await device.read({ x: device.from(x) })).x, x);
});

gpuTest("device: disposal frees everything, and later calls say so", async () => {
  const device = await openWebGpu();
  const program = device.compile(relu(device));
  await program({ x });
  const input = device.from(x);
  await device[Symbol.asyncDispose]();
  assertEquals(device.bytes, 0);
  const gone = "the device was disposed";
  assertThrows(() => device.from(x), Error, `Cannot copy data to the GPU: ${gone}`);
  assertThrows(() => activation(device, input, "relu"), Error, `Cannot apply activation: ${gone}`);
  await assertRejects(() => device.read({ input }), Error, `Cannot read from the GPU: ${gone}`);
  await assertRejects(() => program({ x }), Error, `Cannot run a program on the GPU: ${gone}`);
  await device[Symbol.asyncDispose]();
  assertEquals((await device.device.lost).reason, "destroyed");
});

gpuTest("device: disposal waits for the calls under way", async () => {
  const device = await openWebGpu();
  const program = device.compile(relu(device));
  const [{ y }] = await Promise.all([program({ x }), device[Symbol.asyncDispose]()]);
  assertEquals(y, x);
});

gpuTest("device: a device that was handed in is left alive", async (gpu) => {
  const opened = await openWebGpu();
  const device = await openWebGpu({ device: opened.device });
  await device.read({ y: activation(device, device.from(x), "relu") });
  await device[Symbol.asyncDispose]();
  assertEquals(device.bytes, 0);
  assertEquals((await opened.read({ y: activation(opened, opened.from(x), "relu") })).y, x);
  await opened[Symbol.asyncDispose]();
  assert(gpu.device !== opened.device);
});

gpuTest("device: a lost device gives the same clear error, call after call", async () => {
  const device = await openWebGpu();
  const program = device.compile(relu(device));
  await program({ x });
  const input = device.from(x);
  device.device.destroy();
  const lost = /^Cannot .*: the device was lost \(destroyed\)/;
  for (const call of [() => program({ x }), () => device.read({ input }), () => program({ x })]) {
    const error = await assertRejects(call, Error);
    assert(lost.test((error as Error).message), (error as Error).message);
  }
  const error = assertThrows(() => device.from(x), Error) as Error;
  assert(lost.test(error.message), error.message);
  await device[Symbol.asyncDispose]();
});
