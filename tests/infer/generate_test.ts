/** What options do to generated tokens: chance and seeds, penalties, caps of depth, prompts in parts. */
import { assertAlmostEquals, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { generate } from "../../src/infer/generate.ts";
import type { GenerateOptions } from "../../src/infer/generate_options.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { assertDefined } from "../support/definition.ts";
import { kinds, tokensOf } from "../support/engine.ts";
import { decoderOn, someIds } from "../support/models.ts";

const device = new ReferenceDevice("f64");
const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1 };
const model = decoderOn(device, { recursion });
const prompts = [4, 9].map((length, b) => someIds(b + 5, length));

/** What each of several prompts gets. */
async function made(prompts: number[][], options: GenerateOptions = {}, on: DecoderModel = model) {
  const all = await Array.fromAsync(generate(on, prompts, { maxNewTokens: 12, ...options }));
  return prompts.map((_, b) => {
    const pieces = all.filter(({ prompt }) => prompt === b);
    return {
      ids: pieces.map(({ id }) => id),
      depth: pieces.map(({ depth }) => depth),
      logProbs: pieces.map(({ logProb }) => logProb),
      scores: pieces.map(({ score }) => score),
    };
  });
}

Deno.test("generate: tokens equal those of full forward passes, for one or several prompts, text or ids, and every model kind", async () => {
  for (const json of kinds) {
    const model = decoderOn(device, { ...json, eos_token_id: [3, 4] });
    for (const seed of [undefined, 7]) {
      const all = await made([...prompts, [5]], { seed }, model);
      for (const [b, prompt] of [...prompts, [5]].entries()) {
        const options = { maxNewTokens: 12, ...(seed !== undefined && { seed: seed + b }) };
        const tokens = await tokensOf(generate(model, prompt, options));
        const { ids, depth, logProbs, scores } = all[b];
        assertEquals(tokens, ids.map((id, i) => [id, depth[i], logProbs[i], scores[i]]));
        await assertDefined(model, { prompt, options }, { tokens, finish: tokens.length < 12 ? "stop" : "length" });
      }
    }
  }
});

/** Logits after a text. */
async function logitsAfter(ids: number[]): Promise<number[]> {
  const { logits } = await model.forward([ids], { logits: true });
  return Array.from(logits!.data.subarray(-model.config.V));
}

const greatest = (logits: number[]) => logits.indexOf(Math.max(...logits));

Deno.test("generate: a seed gives the same tokens, alone and in a batch; another one gives others", async () => {
  const [first, second] = await made(prompts, { seed: 7 });
  assertEquals(await made([prompts[0]], { seed: 7 }), [first]);
  assertEquals(await made([prompts[1]], { seed: 8 }), [second]);
  assertNotEquals((await made([prompts[0]], { seed: 8 }))[0].ids, first.ids);
  const greedy = await made(prompts);
  assertNotEquals(greedy[0].ids, first.ids);
  assertEquals(await made(prompts, { seed: 7, temperature: 0 }), greedy);
  assertEquals(await made(prompts, { topK: 1 }), greedy);
});

Deno.test("generate: log-probabilities are those of the model, whatever the sampling", async () => {
  const [{ ids, logProbs }] = await made([prompts[0]], { seed: 1, temperature: 3, topP: 0.9 });
  for (const [i, id] of ids.entries()) {
    const logits = await logitsAfter([...prompts[0], ...ids.slice(0, i)]);
    const sum = logits.reduce((sum, value) => sum + Math.exp(value), 0);
    assertAlmostEquals(logProbs[i], logits[id] - Math.log(sum), 1e-9);
  }
});

Deno.test("generate: a repetition penalty counts the prompt and all tokens since", async () => {
  const [{ ids }, other] = await made(prompts, { repetitionPenalty: 1.7 });
  const text = [...prompts[0]];
  for (const id of ids) {
    const logits = await logitsAfter(text);
    assertEquals(id, greatest(logits.map((z, v) => text.includes(v) ? z > 0 ? z / 1.7 : z * 1.7 : z)));
    text.push(id);
  }
  assertEquals(await made([prompts[1]], { repetitionPenalty: 1.7 }), [other]);
  assertNotEquals(ids, (await made([prompts[0]]))[0].ids);
});

Deno.test("generate: no token runs more recursions than the cap; a larger cap has no effect", async () => {
  const all = await made(prompts);
  for (const maxDepth of [1, 2]) {
    const capped = await made(prompts, { maxDepth });
    assertEquals(Math.max(...capped.flatMap(({ depth }) => depth)), maxDepth);
    assertNotEquals(capped, all);
  }
  assertEquals(await made(prompts, { maxDepth: 3 }), all);
  assertEquals(await made(prompts, { maxDepth: 9 }), all);
});

Deno.test("generate: a prompt prefilled in parts continues as a prompt prefilled at once", async () => {
  const lengths = [62, 1, 57, 56, 55, 20, 61, 3, 62]; // 128 rows of all together at a time
  const many = lengths.map((length, b) => someIds(b + 20, length));
  const together = await made(many, { maxNewTokens: 2 });
  for (const [b, prompt] of many.entries()) {
    assertEquals((await made([prompt], { maxNewTokens: 2 }))[0], together[b]);
    assertEquals(together[b].ids[0], greatest(await logitsAfter(prompt)));
  }
});

Deno.test("generate: ends when aborted, and refuses invalid options", async () => {
  const controller = new AbortController();
  const stream = generate(model, prompts, { signal: controller.signal });
  assertEquals((await stream.next()).done, false);
  controller.abort();
  await assertRejects(() => Array.fromAsync(stream), DOMException);
  await assertRejects(() => made(prompts, { topP: 2 }), RangeError, "Cannot sample: topP is 2");
  await assertRejects(() => made(prompts, { maxNewTokens: -1 }), RangeError, "Cannot generate: maxNewTokens is -1");
  await assertRejects(() => made(prompts, { maxDepth: 1 }, decoderOn(device)), RangeError, "maxDepth is 1");
});
