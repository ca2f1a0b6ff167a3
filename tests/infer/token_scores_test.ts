/** Scores of tokens are those of full forward passes, on both devices, under both selections. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { logProbabilities } from "../../src/infer/probabilities.ts";
import type { ScoredSequence } from "../../src/infer/score/score_inputs.ts";
import type { TokenScores } from "../../src/infer/score/token_scores.ts";
import type { Device } from "../../src/op/device.ts";
import { gpuTest } from "../support/gpu.ts";
import { decoderOn, largestDifference, someIds } from "../support/models.ts";

const V = 29;
const MODELS = [
  {},
  { recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert" } },
  { recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "token" } },
];

/** Log-probabilities of the scored tokens, whether they are the likeliest, and depths, from the logits of forward passes. */
async function expected(
  model: DecoderModel,
  { ids, from }: ScoredSequence,
  selection: "threshold" | "topk",
) {
  const { logits, depth } = await model.forward([Array.from(ids).slice(0, -1)], { logits: true, selection });
  return Array.from({ length: ids.length - from }, (_, i) => {
    const row = from + i - 1, logs = logProbabilities(logits!.data, row * V, V);
    const best = Array.from(logs.keys()).sort((a, b) => logs[b] - logs[a] || a - b);
    return { logProb: logs[ids[from + i]], greedy: best[0] === ids[from + i], depth: depth[row], best, logs };
  });
}

/** Sequences of very different lengths, more than one group of 4096 rows together; some score everything. */
const sequences = (lengths: readonly number[]): ScoredSequence[] =>
  lengths.map((length, b) => ({ ids: someIds(b + 1, length), from: b % 3 === 0 ? 1 : Math.ceil(length / 2) }));

/** Checks scores of many sequences together against a forward pass of each. */
async function assertScores(device: Device, lengths: readonly number[], tolerance: number): Promise<void> {
  for (const json of MODELS) {
    const model = decoderOn(device, json, 3), exact = decoderOn(new ReferenceDevice("f64"), json, 3);
    for (const selection of ["threshold", "topk"] as const) {
      const asked = sequences(lengths), got = await model.tokenScores(asked, { selection, k: 4 });
      for (const [b, scores] of got.entries()) {
        const want = await expected(exact, asked[b], selection);
        assertEquals([...scores.depths], want.map(({ depth }) => depth));
        assertEquals([...scores.greedy], want.map(({ greedy }) => Number(greedy)));
        assertEquals([...scores.topIds], want.flatMap(({ best }) => best.slice(0, 4)));
        want.forEach(({ logProb, best, logs }, i) => {
          assertAlmostEquals(scores.logProbs[i], logProb, tolerance);
          best.slice(0, 4).forEach((id, j) => assertAlmostEquals(scores.topLogProbs[4 * i + j], logs[id], tolerance));
        });
      }
    }
    model.dispose();
  }
}

Deno.test("tokenScores: scores, top tokens and depths equal those of forward passes on the reference", async () => {
  await assertScores(new ReferenceDevice("f64"), [2, 65, 9, 31, 5], 1e-12);
});

gpuTest("tokenScores: scores, top tokens and depths on WebGPU equal those of the float64 definition", async (gpu) => {
  await assertScores(gpu, [2, 65, 9, 31, 5], 1e-4);
});

gpuTest("tokenScores: parts of the head and groups of sequences change nothing", async (gpu) => {
  const model = decoderOn(gpu, MODELS[1], 5), asked = sequences(Array.from({ length: 150 }, (_, b) => 2 + b % 64));
  const small = decoderOn(limited(gpu, 4 * V * 40), MODELS[1], 5); // 40 rows of logits at a time
  const [all, cut] = [await model.tokenScores(asked, { k: 2 }), await small.tokenScores(asked, { k: 2 })];
  for (const [b, one] of cut.entries()) assertClose(one, all[b]);
  assertClose((await model.tokenScores(asked.slice(90, 91), { k: 2 }))[0], all[90]);
  model.dispose();
});

/** The same tokens and depths; log-probabilities may be summed in another order. */
function assertClose(actual: TokenScores, expected: TokenScores): void {
  for (const name of ["depths", "greedy", "topIds"] as const) assertEquals(actual[name], expected[name]);
  for (const name of ["logProbs", "topLogProbs"] as const) {
    assert(largestDifference(actual[name], expected[name]) < 1e-5, name);
  }
}

/** A device that binds fewer bytes. */
function limited(device: Device, maxTensorBytes: number): Device {
  return new Proxy(device, {
    get(target, name) {
      if (name === "maxTensorBytes") return maxTensorBytes;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
