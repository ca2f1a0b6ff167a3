import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Device, hostIndices, hostTensor } from "../src/op/device.ts";
import { normals } from "../src/common/random.ts";
import { crossEntropy } from "../src/ops/losses.ts";
import { NO_TOKEN } from "../src/ops/sample.ts";
import { topLogProbs, topLogProbsOp } from "../src/ops/top_log_probs.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import * as cases from "./cases/top_log_probs.ts";
import { size } from "./support/arbitraries.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(topLogProbsOp, cases.topLogProbs);

const reference = new ReferenceDevice("f64");

/** The top of rows of V logits. */
async function topOf(logits: ArrayLike<number>, V: number, k: number, device: Device = reference) {
  const data = device === reference ? Float64Array.from(logits) : Float32Array.from(logits);
  const x = device.from(hostTensor([logits.length / V, V], data));
  const { ids, logProbs } = await device.read(topLogProbs(device, { logits: x }, { k }));
  return { ids: [...ids.data], logProbs: [...logProbs.data] };
}

Deno.test("topLogProbs: k = V lists every id once in descending order, and the probabilities sum to 1", async () => {
  await fc.assert(fc.asyncProperty(size(64, 1), fc.nat(), async (V, seed) => {
    const logits = normals(seed, V, 3).map((value) => Math.round(value));
    const { ids, logProbs } = await topOf(logits, V, V);
    assertEquals(ids.toSorted((a, b) => a - b), Array.from({ length: V }, (_, v) => v));
    ids.forEach((id, j) => {
      const before = ids[j - 1];
      if (j > 0) assertEquals(logits[before] > logits[id] || (logits[before] === logits[id] && before < id), true);
    });
    assertAlmostEquals(logProbs.reduce((sum, logProb) => sum + Math.exp(logProb), 0), 1, 1e-12);
  }));
});

Deno.test("topLogProbs: a smaller k is a prefix; each log-probability is minus the cross-entropy of its id", async () => {
  await fc.assert(fc.asyncProperty(size(60, 3), fc.nat(), async (V, seed) => {
    const logits = normals(seed, V, 3), all = await topOf(logits, V, V), some = await topOf(logits, V, 3);
    assertEquals(some.ids, all.ids.slice(0, 3));
    assertEquals(some.logProbs, all.logProbs.slice(0, 3));
    const rows = reference.from(hostTensor([3, V], Float64Array.from([...logits, ...logits, ...logits])));
    const { nll } = await reference.read({ nll: crossEntropy(reference, rows, reference.from(hostIndices(some.ids))) });
    some.logProbs.forEach((logProb, j) => assertAlmostEquals(logProb, -nll.data[j], 1e-12));
  }));
});

Deno.test("topLogProbs: worked examples with ties, −∞, NaN and +∞", async () => {
  const { ids, logProbs } = await topOf([0, Math.log(3), Math.log(3), -Infinity], 4, 4);
  assertEquals(ids, [1, 2, 0, NO_TOKEN]);
  [3 / 7, 3 / 7, 1 / 7, 1].forEach((p, j) => assertAlmostEquals(logProbs[j], Math.log(p), 1e-15));
  for (const wrong of [NaN, Infinity]) {
    assertEquals(await topOf([1, wrong, 3], 3, 2), { ids: [NO_TOKEN, NO_TOKEN], logProbs: [0, 0] });
  }
  assertEquals((await topOf([-Infinity, -Infinity], 2, 1)).ids, [NO_TOKEN]);
  assertEquals((await topOf([-0, 0, -1e-45], 3, 3)).ids, [0, 1, 2]);
});

Deno.test("topLogProbs: k below 1, above the vocabulary and above 64 is refused", () => {
  const logits = reference.from(hostTensor([1, 100], new Float64Array(100)));
  for (const k of [0, 65]) {
    const message = `Cannot apply topLogProbs: k is ${k}, of 100 columns, at most 64`;
    assertThrows(() => topLogProbs(reference, { logits }, { k }), RangeError, message);
  }
  const few = reference.from(hostTensor([1, 2], [0, 0]));
  assertThrows(() => topLogProbs(reference, { logits: few }, { k: 3 }), RangeError, "k is 3, of 2 columns");
});

gpuTest("topLogProbs: a vocabulary of 262,144, all of the top in one lane's words and 64 of them", async (gpu) => {
  const V = 262_144, logits = new Float32Array(2 * V).map((_, i) => -(i % 97));
  for (let j = 0; j < 64; j++) logits[1024 * (64 - j) + 3] = 5 + j % 8; // of row 0: ids 3 modulo 1024
  const { ids } = await topOf(logits, V, 64);
  for (const device of everyVariant(gpu)) {
    await worstRatio(device, topLogProbsOp, { inputs: { logits: hostTensor([2, V], logits) }, params: { k: 64 } });
    assertEquals((await topOf(logits, V, 64, device)).ids, ids);
  }
});
