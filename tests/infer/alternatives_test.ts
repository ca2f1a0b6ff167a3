/** The likeliest tokens of generated tokens, listed on the device, are those of scoring the whole text. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { generate } from "../../src/infer/generate.ts";
import type { GenerateOptions, Piece } from "../../src/infer/generate_options.ts";
import { gpuTest } from "../support/gpu.ts";
import { kinds } from "../support/engine.ts";
import { decoderOn, largestDifference, someIds } from "../support/models.ts";

/** Checks pieces that follow a prompt against the scores of all of them. */
async function assertListed(model: DecoderModel, prompt: number[], pieces: readonly Piece[], k: number): Promise<void> {
  const ids = [...prompt, ...pieces.map(({ id }) => id)];
  const [scores] = await model.tokenScores([{ ids, from: prompt.length }], { k });
  const top = pieces.map(({ top }) => top!);
  assertEquals(top.flatMap((list) => list.map(({ id }) => id)), [...scores.topIds]);
  const logProbs = top.flatMap((list) => list.map(({ logProb }) => logProb));
  assert(largestDifference(logProbs, scores.topLogProbs) < 1e-5);
}

/** Requests with different numbers of tokens to list run together, and each gets its own. */
async function assertRequests(model: DecoderModel): Promise<void> {
  await using engine = await Engine.open(model, { slots: 2, stops: [] });
  const asked: [number[], GenerateOptions][] = [0, 3, 20, 1, 5].map((topLogProbs, b) => [
    someIds(b + 1, 2 + 3 * b),
    { topLogProbs, maxNewTokens: 5 + b, temperature: 1, seed: b, repetitionPenalty: b === 4 ? 1.5 : 1 },
  ]);
  const streams = asked.map(([prompt, options]) => engine.submit(prompt, options));
  const all = await Promise.all(streams.map((stream) => Array.fromAsync(stream)));
  for (const [b, [prompt, { topLogProbs }]] of asked.entries()) {
    if (topLogProbs) await assertListed(model, prompt, all[b], topLogProbs);
    else assertEquals(all[b].some((piece) => "top" in piece), false);
  }
}

Deno.test("topLogProbs: tokens of every model kind have those of the whole text on the reference", async () => {
  for (const json of kinds) await assertRequests(decoderOn(new ReferenceDevice("f64"), json));
});

gpuTest("topLogProbs: tokens of every model kind have those of the whole text on WebGPU", async (gpu) => {
  for (const json of kinds) {
    const model = decoderOn(gpu, json);
    await assertRequests(model);
    model.dispose();
  }
});

Deno.test("topLogProbs: the likeliest token is the greedy one; more than 20, or the vocabulary, are refused", async () => {
  const model = decoderOn(new ReferenceDevice(), {});
  const pieces = await Array.fromAsync(generate(model, [1, 2], { topLogProbs: 2, maxNewTokens: 4 }));
  for (const { id, logProb, top } of pieces) assertEquals([top![0].id, top![0].logProb, top!.length], [id, logProb, 2]);
  const message = "Cannot generate: topLogProbs is 21, expected a whole number from 0 to 20";
  assertThrows(() => generate(model, [1], { topLogProbs: 21 }), RangeError, message);
});
