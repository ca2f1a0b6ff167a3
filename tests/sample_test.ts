import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { hostTensor } from "../src/op/device.ts";
import { advanceOp, pick, pickOp, sampleOp } from "../src/ops/sample.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/sample.ts";
import { size } from "./support/arbitraries.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(pickOp, cases.pick);
equivalence(sampleOp, cases.sample);
equivalence(advanceOp, cases.advance);

async function picked(V: number, logits: ArrayLike<number>): Promise<number[]> {
  const device = new ReferenceDevice();
  const rows = device.from(hostTensor([logits.length / V, V], Float32Array.from(logits)));
  return [...(await device.read({ ids: pick(device, rows) })).ids.data];
}

Deno.test("pick: a shift and a positive scale do not matter; no logit is greater, none before it is equal", async () => {
  await fc.assert(fc.asyncProperty(size(70, 1), fc.nat(), async (V, seed) => {
    const logits = normals(seed, V).map((value) => Math.round(4 * value));
    const [id] = await picked(V, logits);
    assertEquals(await picked(V, logits.map((value) => 8 * value + 3)), [id]);
    assertEquals(logits.findIndex((value) => value === Math.max(...logits)), id);
  }));
});

Deno.test("pick: ties to the lower id; masked rows give the first", async () => {
  assertEquals(await picked(3, [1, 2, 2, 0, 0, 0, -3, -2, -1, -Infinity, -Infinity, -Infinity]), [1, 0, 2, 0]);
});

gpuTest("pick: a vocabulary of 50,368, the best at its ends and tied between lanes", async (gpu) => {
  const V = 50368;
  const logits = new Float32Array(5 * V).map((_, i) => -(i % 97));
  [V - 1, V, 2 * V + 300, 2 * V + 263, 3 * V + 7].forEach((at) => logits[at] = 5);
  logits.fill(-Infinity, 4 * V);
  const test = { inputs: { logits: hostTensor([5, V], logits) }, params: {} };
  for (const device of everyVariant(gpu)) {
    await worstRatio(device, pickOp, test);
    const { ids } = await device.read(device.run(pickOp, { logits: device.from(test.inputs.logits) }, {}));
    assertEquals([...ids.data], [V - 1, 0, 263, 7, 0]);
  }
});

Deno.test("pick: says what does not fit", () => {
  const device = new ReferenceDevice();
  const none = device.from(hostTensor([2, 0], []));
  assertThrows(() => pick(device, none), RangeError, "Cannot apply pick: logits have no columns");
});
