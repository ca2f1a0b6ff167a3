import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, hostTensor } from "../src/op/device.ts";
import { count, countOp, sample, sampleOp, samplingRow } from "../src/ops/sample.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/sample.ts";
import { size } from "./support/arbitraries.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(sampleOp, cases.sample);
equivalence(countOp, cases.count);

const device = new ReferenceDevice();
const whole = (data: number[], shape?: number[]) => device.from(hostIndices(data, shape));

/** Inputs of greedy sampling. */
function greedy(V: number, logits: ArrayLike<number>) {
  const M = logits.length / V, zeros = hostIndices(new Int32Array(M));
  const options = hostTensor([M, 5], Array.from({ length: M }, () => samplingRow({ temperature: 0 })).flat());
  return { logits: hostTensor([M, V], Float32Array.from(logits)), options, seeds: zeros, counters: zeros };
}

function likeliest(V: number, logits: ArrayLike<number>): number[] {
  const { logits: rows, options, seeds, counters } = greedy(V, logits);
  const on = { logits: device.from(rows), options: device.from(options), seeds: device.from(seeds) };
  return [...sample(device, { ...on, counters: device.from(counters) }).ids.data];
}

Deno.test("sample: at temperature 0 a shift and a positive scale of the logits change nothing; the first of the greatest is drawn", () => {
  fc.assert(fc.property(size(70, 1), fc.nat(), (V, seed) => {
    const logits = normals(seed, V).map((value) => Math.round(4 * value));
    const [id] = likeliest(V, logits);
    assertEquals(likeliest(V, logits.map((value) => 8 * value + 3)), [id]);
    assertEquals(logits.findIndex((value) => value === Math.max(...logits)), id);
  }));
});

gpuTest("sample: a vocabulary of 50,368, the greatest logit at its ends and tied between lanes", async (gpu) => {
  const V = 50368;
  const logits = new Float32Array(4 * V).map((_, i) => -(i % 97));
  [V - 1, V, 2 * V + 300, 2 * V + 263, 3 * V + 7].forEach((at) => logits[at] = 5);
  const inputs = greedy(V, logits);
  for (const device of everyVariant(gpu)) {
    await worstRatio(device, sampleOp, { inputs, params: {} });
    const on = Object.fromEntries(Object.entries(inputs).map(([name, host]) => [name, device.from(host)]));
    const { ids } = await device.read(device.run(sampleOp, on as never, {}));
    assertEquals([...ids.data], [V - 1, 0, 263, 7]);
  }
});

Deno.test("count: every sequence counts its own token", () => {
  const seen = whole([0, 1, 0, 0, 0, 2], [2, 3]);
  count(device, { seen, ids: whole([1, 0]) });
  assertEquals([...seen.data], [0, 2, 0, 1, 0, 2]);
});

Deno.test("count: the live rows of a list count", () => {
  const seen = whole([0, 0, 0, 0, 0, 0, 7, 0], [4, 2]);
  count(device, { seen, ids: whole([1, 0, 99]), rows: whole([2, 0, 1]), offsets: whole([0, 1, 2]) });
  assertEquals([...seen.data], [1, 0, 0, 0, 0, 1, 7, 0]);
});
