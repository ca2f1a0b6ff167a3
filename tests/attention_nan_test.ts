/** What attention does with keys and values that are no numbers. */
import { assertEquals } from "@std/assert";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import { attention, keyRanges } from "../src/ops/attention.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

const offsets = hostIndices([0, 5, 8, 25, 26, 35]);
const M = 35, first = 8, last = 25; // rows of the third sequence

gpuTest("attention: a NaN stays in the rows of its own sequence, and none of them loses it", async (gpu) => {
  const reference = new ReferenceDevice();
  for (const [H, G, K] of [[4, 2, 8], [1, 1, 136]]) {
    const q = hostTensor([M, H * K], normals(1, M * H * K)), kv = hostTensor([M, 2 * G * K], normals(2, M * 2 * G * K));
    const spoilt = kv.data.map((value, i) => i >= first * 2 * G * K && i < last * 2 * G * K ? NaN : value);
    for (const window of [0, 2]) {
      const params = { M, causal: window === 0, window };
      const ranges = keyRanges(reference, { offsets: reference.from(offsets) }, params);
      for (const device of everyVariant(gpu)) {
        const run = async (kv: HostTensor) => {
          const inputs = { q: device.from(q), kv: device.from(kv), ranges: device.from(ranges) };
          return (await device.read({ y: attention(device, inputs, { H, G, K }) })).y.data;
        };
        const [clean, y] = [await run(kv), await run({ ...kv, data: spoilt })];
        y.forEach((value, i) => {
          const row = Math.floor(i / (H * K));
          assertEquals(value, row >= first && row < last ? NaN : clean[i], `${H}×${K}, window ${window}: ${i}`);
        });
      }
    }
  }
});
