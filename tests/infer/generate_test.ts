/** What options do to generated tokens: chance and seeds, penalties, caps of depth, stop texts, prompts in parts. */
import { assertAlmostEquals, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { generateIds, type GenerateIdsOptions } from "../../src/infer/generate.ts";
import { StopText } from "../../src/infer/stop_text.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { decoderOn, someIds } from "../support/models.ts";

const device = new ReferenceDevice("f64");
const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1 };
const model = decoderOn(device, { recursion });
const prompts = [4, 9].map((length, b) => someIds(b + 5, length));

/** What each sequence of a batch gets. */
async function made(prompts: number[][], options: GenerateIdsOptions = {}, on: DecoderModel = model) {
  const steps = await Array.fromAsync(generateIds(on, prompts, { maxNewTokens: 12, ...options }));
  return prompts.map((_, b) => ({
    ids: steps.map(({ ids }) => ids[b]),
    depth: steps.map(({ depth }) => depth[b]),
    logProbs: steps.map(({ logProbs }) => logProbs[b]),
    scores: steps.map(({ scores }) => scores[b]),
  }));
}

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

Deno.test("generate: no token runs more recursions than the cap; a cap above all of them does nothing", async () => {
  const all = await made(prompts);
  for (const maxDepth of [1, 2]) {
    const capped = await made(prompts, { maxDepth });
    assertEquals(Math.max(...capped.flatMap(({ depth }) => depth)), maxDepth);
    assertNotEquals(capped, all);
  }
  assertEquals(await made(prompts, { maxDepth: 3 }), all);
  assertEquals(await made(prompts, { maxDepth: 9 }), all);
});

Deno.test("generate: prompts that are read in parts continue as they do alone", async () => {
  const lengths = [62, 1, 57, 56, 55, 20, 61, 3, 62]; // 9 sequences read 56 rows each at a time
  const many = lengths.map((length, b) => someIds(b + 20, length));
  const together = await made(many, { maxNewTokens: 2 });
  for (const [b, prompt] of many.entries()) {
    assertEquals((await made([prompt], { maxNewTokens: 2 }))[0], together[b]);
    assertEquals(together[b].ids[0], greatest(await logitsAfter(prompt)));
  }
});

Deno.test("generate: ends when aborted, and refuses what cannot be", async () => {
  const controller = new AbortController();
  const stream = generateIds(model, prompts, { signal: controller.signal });
  assertEquals((await stream.next()).done, false);
  controller.abort();
  await assertRejects(() => Array.fromAsync(stream), DOMException);
  await assertRejects(() => made(prompts, { topP: 2 }), RangeError, "Cannot sample: topP is 2");
  await assertRejects(() => made(prompts, { maxNewTokens: -1 }), RangeError, "Cannot generate: maxNewTokens is -1");
  await assertRejects(() => made(prompts, { maxDepth: 1 }, decoderOn(device)), RangeError, "maxDepth is 1");
});

Deno.test("stop texts: what is shown is all before the first one, whatever the pieces; nothing is held back for long", () => {
  const letters = (maxLength: number, minLength = 0) =>
    fc.array(fc.constantFrom("a", "b"), { minLength, maxLength }).map((list) => list.join(""));
  fc.assert(fc.property(fc.array(letters(4)), fc.array(letters(4, 1), { maxLength: 3 }), (texts, stops) => {
    const watch = new StopText(stops);
    const shown: string[] = [];
    for (const text of texts) {
      shown.push(...watch.push({ text }).map(({ text }) => text));
      if (watch.stopped) break;
    }
    if (!watch.stopped) shown.push(...watch.rest().map(({ text }) => text));
    const whole = texts.join("");
    const ends = stops.map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
    assertEquals(watch.stopped, ends.length > 0);
    // The pieces that were there when the first stop text was complete decide which one that is.
    const end = whole.slice(0, shown.join("").length);
    assertEquals(shown.join(""), watch.stopped ? end : whole);
    if (watch.stopped) assertEquals(stops.some((stop) => whole.startsWith(stop, end.length)), true);
    assertEquals(stops.some((stop) => shown.join("").includes(stop)), false);
    if (stops.length === 0) assertEquals(shown, texts);
  }));
  const watch = new StopText(["end"]);
  const pieces = ["the ", "e", "n", "emy's en", "d"].map((text) => watch.push({ text }).map(({ text }) => text));
  assertEquals(pieces, [["the "], [], [], ["e", "n"], ["emy's "]]);
  assertThrows(() => new StopText([""]), RangeError, "Cannot generate: a stop text is empty");
});
