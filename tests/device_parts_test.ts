/** How the WebGPU backend holds tensors above one binding. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { sizeOf } from "../src/op/op.ts";
import { add } from "../src/ops/add.ts";
import { linear } from "../src/ops/linear.ts";
import { gather } from "../src/ops/rows.ts";
import { norm } from "../src/ops/norm.ts";
import { normLinear } from "../src/ops/norm_linear.ts";
import { WebGpuDevice } from "../kernels/mod.ts";
import { random } from "./support/device.ts";
import { gpuTest } from "./support/gpu.ts";

gpuTest("parts: a tensor copied in parts is read whole, in programs too, and its parts are freed", async (gpu) => {
  const device = new WebGpuDevice(gpu.device, { ...gpu.adapter, maxBindingBytes: 256 });
  for (const rows of [1, 3, 4, 5, 63, 64, 65, 200]) {
    const host = random(rows);
    const w = device.from(host);
    assertEquals(w.parts?.length ?? 1, Math.ceil(rows / 4));
    const { data } = (await device.read({ w })).w;
    const program = device.compile(() => ({ w, sum: add(device, w, w, -1) }));
    const read = await program({});
    assertEquals([data, read.w.data, read.sum], [
      host.data,
      host.data,
      hostTensor([rows, 16], new Float32Array(rows * 16)),
    ]);
    device.free(w);
    assertThrows(() => add(device, w, w), RangeError, `Cannot apply add: a [${rows},16] was freed`);
  }
});

gpuTest("parts: a part is as long as its binding allows, in whole vectors of columns", async (gpu) => {
  const device = new WebGpuDevice(gpu.device, { ...gpu.adapter, maxBindingBytes: 4 * 150 });
  const rowsOf = (shape: readonly number[]) =>
    device.from(hostTensor(shape, new Float32Array(sizeOf(shape)))).parts?.map(({ shape: [rows] }) => rows);
  assertEquals(rowsOf([150, 1]), undefined);
  assertEquals(rowsOf([300, 1]), [128, 128, 44]);
  assertEquals(rowsOf([5, 70]), [2, 2, 1]);
  assertEquals(rowsOf([301]), [128, 128, 45]);
  await device.read({});
});

gpuTest("parts: a fused operation of a weight in parts runs in its parts", async (gpu) => {
  const device = new WebGpuDevice(gpu.device, { ...gpu.adapter, maxBindingBytes: 512 });
  const [x, w] = [random(2), random(24)].map((host) => device.from(host));
  const weight = device.from(hostTensor([16], random(1).data));
  const params = { kind: "rms", eps: 1e-5 } as const;
  const fused = await device.read({ y: normLinear(device, { x, weight, w }, params) });
  assertEquals(fused, await device.read({ y: linear(device, norm(device, x, weight, params), w) }));
});

gpuTest("parts: an operation without a rule for row parts is refused with the sizes and a remedy", async (gpu) => {
  const device = new WebGpuDevice(gpu.device, { ...gpu.adapter, maxBindingBytes: 256 });
  const large = device.from(random(5)), weight = device.from(hostTensor([16], new Float32Array(16)));
  const refused = (run: () => unknown, what: string) =>
    assertThrows(run, RangeError, `Cannot apply ${what} bytes, this adapter binds 256 at most; fewer rows`);
  refused(() => norm(device, large, weight, { kind: "rms", eps: 1e-5 }), "norm: x [5,16] has 320");
  refused(() => linear(device, large, device.from(random(4))), "linear: x [5,16] has 320");
  refused(() => linear(device, device.from(random(2)), device.from(random(40))), "linear: y [2,40] has 320");
  const rows = device.from(hostIndices([0, 1, 2, 3, 0]));
  const many = gather(device, device.from(random(4)), rows); // recorded, and never run
  refused(() => add(device, many, many), "add: a [5,16] has 320");
  await assertRejects(() => device.read({}), RangeError, "Cannot apply gather: y [5,16] has 320 bytes");
  await device.read({});
});
