/** Logits that are no numbers: an error with the step, for the sequence that has them and for no other. */
import { assertEquals, assertRejects } from "@std/assert";
import type { Device } from "../../src/op/device.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { sampleDocuments } from "../../src/infer/corpus.ts";
import { generate } from "../../src/infer/generate.ts";
import type { GenerateOptions } from "../../src/infer/generate_options.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { kinds, whole } from "../support/engine.ts";
import { gpuTest } from "../support/gpu.ts";
import { decoderOn } from "../support/models.ts";
import { POISON, poisoned } from "../support/poisoned.ts";

const reference = new ReferenceDevice();
const ids = async (model: DecoderModel, prompts: number[] | number[][], options: GenerateOptions = {}) =>
  (await Array.fromAsync(generate(model, prompts, { maxNewTokens: 6, ...options }))).map(({ id }) => id);

async function refuses(device: Device): Promise<void> {
  const failed = (prompts: number[] | number[][], message: string, options?: GenerateOptions, value?: number) =>
    assertRejects(() => ids(poisoned(device, {}, value), prompts, options), Error, `Cannot generate: ${message}`);
  await failed([1, POISON], "the logits of step 1 are not finite");
  await failed([1, POISON], "the logits of step 1 are not finite", { temperature: 1, topK: 5, topP: 0.9, seed: 3 });
  await failed([[1, 2], [POISON, 2]], "the logits of step 1 of sequence 2 are not finite");
  await failed([POISON], "the logits of step 1 are not finite", { repetitionPenalty: 1.3 });
  await failed([1, POISON], "the logits of step 1 are not finite", {}, Infinity);
}

Deno.test("generate: logits that are not finite are an error with the step and the sequence", () => refuses(reference));
gpuTest("generate: the kernels refuse them, too", (device) => refuses(device));

Deno.test("generate: tokens before the step are given", async () => {
  const model = poisoned(reference);
  for (let seed = 0;; seed++) { // until the poison is drawn after the first token
    const got: number[] = [];
    const options = { maxNewTokens: 30, temperature: 5, seed };
    try {
      for await (const { id } of generate(model, [1], options)) got.push(id);
    } catch (error) {
      if (got.length < 2) continue;
      assertEquals((error as Error).message, `Cannot generate: the logits of step ${got.length + 1} are not finite`);
      assertEquals([got.indexOf(POISON), got.at(-1)], [got.length - 1, POISON]);
      return;
    }
  }
});

Deno.test("corpus: a document whose logits are not finite ends sampling with an error", async () => {
  const model = poisoned(reference, { bos_token_id: POISON });
  const options = { documents: 2, batch: 1, maxTokens: 4, seed: 1 };
  await assertRejects(
    () => sampleDocuments(model, options).next(),
    Error,
    "Cannot sample documents: the logits of token 1 of document 1 are not finite",
  );
});

/** Every other request of an engine gets what a sound model gives it, also in the slots of the failed ones. */
async function serves(device: Device, json: object): Promise<void> {
  const [model, sound] = [poisoned(device, json), decoderOn(device, { ...json, tie_word_embeddings: false })];
  const prompts = [[1, 2, 3], [4, POISON, 5, 6], [8, 9], [2, POISON], [3, 3, 3, 3, 3], [11, 12]];
  const options = { maxNewTokens: 5, repetitionPenalty: 1.2 };
  const wanted = await Promise.all(prompts.map((prompt) => ids(sound, prompt, options)));
  await using engine = await Engine.open(model, { slots: 3 });
  const results = await Promise.allSettled(prompts.map((prompt) => whole(engine.submit(prompt, options))));
  let served = 0;
  for (const [i, result] of results.entries()) {
    const want = wanted[i];
    const drawn = want.slice(0, -1).indexOf(POISON); // the token after it has no distribution
    if (!prompts[i].includes(POISON) && drawn < 0) {
      assertEquals(result.status === "fulfilled" && result.value.tokens.map(([id]) => id), want);
      served++;
      continue;
    }
    const message = `Cannot generate: the logits of step ${prompts[i].includes(POISON) ? 1 : drawn + 2} are not finite`;
    assertEquals(result.status === "rejected" && result.reason.message, message);
  }
  assertEquals(served > 1, true);
}

Deno.test("engine: a request whose logits are not finite fails alone, whatever the model", async () => {
  for (const json of kinds) await serves(reference, json);
});

gpuTest("engine: on the GPU, too", async (device) => {
  for (const json of [kinds[2], kinds[4]]) await serves(device, json);
});
