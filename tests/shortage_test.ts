/** A shortage of memory fails one call with the numbers, and nothing else: afterwards everything is as before. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { hostIndices, hostTensor, ShortageError } from "../src/op/device.ts";
import { activation } from "../src/ops/activation.ts";
import { cacheWrite } from "../src/ops/cache.ts";
import { linear } from "../src/ops/linear.ts";
import type { GpuTensor, WebGpuDevice } from "../kernels/mod.ts";
import { gpuTest } from "./support/gpu.ts";
import { scarce, type Told } from "./support/scarce.ts";

const ways: readonly Told[] = ["thrown", "at once", "later"];
const x = hostTensor([2, 2], [1, 2, 3, 4]);
const big = (value: number) => hostTensor([64, 64], new Float32Array(4096).fill(value));
const square = (device: WebGpuDevice) => ({ x }: Record<string, GpuTensor>) => ({ y: activation(device, x, "square") });

/** What a device computes after a shortage. */
async function works(device: WebGpuDevice): Promise<void> {
  const on = device.from(x);
  assertEquals([...(await device.read({ y: linear(device, on, on) })).y.data], [5, 11, 11, 25]);
  device.free(on);
}

for (const told of ways) {
  gpuTest(`shortage (${told}): data larger than the free memory are refused, small data are accepted`, async (gpu) => {
    const { device, scarcity } = scarce(gpu, told);
    await works(device);
    const { bytes } = device;
    scarcity.limit = 8192;
    for (let i = 0; i < 3; i++) {
      const use = async () => {
        const tensor = device.from(big(1));
        try {
          await device.ready([tensor]);
        } finally {
          device.free(tensor);
        }
      };
      await assertRejects(use, ShortageError, "16,384 bytes for 1 buffer could not be allocated");
      await works(device);
      assert(device.bytes <= bytes, `${device.bytes} bytes, ${bytes} before`);
    }
    scarcity.limit = Infinity;
    assertEquals((await device.read({ x: device.from(big(3)) })).x, big(3));
  });

  gpuTest(
    `shortage (${told}): a program larger than the free memory fails, and runs once memory is free`,
    async (gpu) => {
      const { device, scarcity } = scarce(gpu, told);
      const program = device.compile(square(device));
      assertEquals([...(await program({ x })).y.data], [1, 4, 9, 16]);
      const { bytes } = device;
      scarcity.limit = 8192;
      const error =
        /^Cannot (run a program on|read from) the GPU: [\d,]+ bytes for \d+ buffers? could not be allocated \([\d,]+ bytes are in use\)$/;
      for (let i = 0; i < 3; i++) {
        const thrown = await assertRejects(() => program({ x: big(2) }), ShortageError) as Error;
        assert(error.test(thrown.message), thrown.message);
        assertEquals([...(await program({ x })).y.data], [1, 4, 9, 16]);
        assert(device.bytes <= bytes, `${device.bytes} bytes, ${bytes} before`);
      }
      scarcity.limit = Infinity;
      assertEquals((await program({ x: big(2) })).y, big(4));
    },
  );

  gpuTest(`shortage (${told}): idle buffers are freed, and their programs still run`, async (gpu) => {
    const { device, scarcity } = scarce(gpu, told);
    const program = device.compile(square(device));
    const kept = device.from(big(5));
    await program({ x: big(2) });
    await program({ x });
    const { bytes } = device;
    let first = true; // the second attempt succeeds
    Object.defineProperty(scarcity, "limit", { get: () => first ? (first = false, 0) : Infinity });
    const wide = hostTensor([256, 64], new Float32Array(16384).fill(3));
    assertEquals((await program({ x: wide })).y.data[16383], 9);
    assertEquals(scarcity.failed, 1);
    assert(device.bytes < bytes + 5 * 65536, "idle buffers were freed");
    assertEquals((await program({ x: big(2) })).y, big(4));
    assertEquals([...(await program({ x })).y.data], [1, 4, 9, 16]);
    assertEquals((await device.read({ kept })).kept, big(5));
  });

  gpuTest(
    `shortage (${told}): the failure of started work is reported once, to the reader of its tensor`,
    async (gpu) => {
      const { device, scarcity } = scarce(gpu, told);
      const [list, other] = [0, 0].map((value) => device.from(hostTensor([4, 1], new Float32Array(4).fill(value))));
      const write = (cache: GpuTensor) =>
        device.compile(({ x, rows }) => {
          const wide = linear(device, x, x); // [M, M]
          return { cache: cacheWrite(device, { cache, x: activation(device, x, "square"), rows }), wide };
        });
      const row = (value: number, place: number) => ({ x: hostTensor([1, 1], [value]), rows: hostIndices([place]) });
      const many = { x: hostTensor([512, 1], new Float32Array(512)), rows: hostIndices(new Int32Array(512)) };
      const [one, two] = [list, other].map(write);
      one.start(row(2, 0));
      scarcity.limit = 100_000;
      if (told === "later") one.start(many);
      else assertThrows(() => one.start(many));
      two.start(row(3, 1));
      assertEquals([...(await device.read({ other })).other.data], [0, 9, 0, 0]);
      if (told === "later") await assertRejects(() => device.read({ list }), Error, "could not be allocated");
      assertEquals([...(await device.read({ list })).list.data], [4, 0, 0, 0]);
      one.start(row(5, 2));
      assertEquals([...(await device.read({ list })).list.data], [4, 0, 25, 0]);
    },
  );
}
