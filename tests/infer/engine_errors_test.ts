/** What an engine refuses, at once and with the numbers, and that it goes on serving after it. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { GenerateOptions } from "../../src/infer/generate_options.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { whole } from "../support/engine.ts";
import { decoderOn, someIds } from "../support/models.ts";

const device = new ReferenceDevice();
const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert" };
const model = decoderOn(device, { recursion });

Deno.test("engine: refuses invalid requests, and serves the others", async () => {
  await using engine = await Engine.open(model, { slots: 2 });
  const first = engine.submit([1, 2], { maxNewTokens: 9 });
  const refused = (prompt: string | number[], options: GenerateOptions, message: string) =>
    assertThrows(() => engine.submit(prompt, options), RangeError, message);
  refused([], {}, "Cannot generate: the prompt is empty");
  for (const id of [29, -1, 1.5, NaN]) {
    refused([1, id], {}, `Cannot generate: id ${id} at 1 of the prompt is outside the vocabulary of 29`);
  }
  refused(someIds(1, 64), {}, "Cannot generate: the prompt has 64 tokens, and there are 64 positions");
  for (const maxNewTokens of [-1, NaN, 2.5]) {
    refused([1], { maxNewTokens }, `Cannot generate: maxNewTokens is ${maxNewTokens}`);
  }
  for (const maxDepth of [0, -1, 1.5, NaN]) refused([1], { maxDepth }, `Cannot generate: maxDepth is ${maxDepth}`);
  for (const repetitionPenalty of [0, -1, NaN]) {
    refused([1], { repetitionPenalty }, `Cannot sample: repetitionPenalty is ${repetitionPenalty}, expected a number`);
  }
  refused([1], { temperature: -1 }, "Cannot sample: temperature is -1, expected 0 or a number from 1.18e-38");
  refused([1], { topK: 1.5 }, "Cannot sample: topK is 1.5");
  refused([1], { topP: 0 }, "Cannot sample: topP is 0, expected a number from 1.18e-38 to 1");
  refused([1], { minP: 2 }, "Cannot sample: minP is 2");
  refused([1], { stop: [""] }, "Cannot generate: a stop text is empty");
  assertThrows(() => engine.submit("text"), Error, "Cannot encode text: the model was loaded without a tokenizer");
  assertEquals([engine.status().running, engine.status().waiting], [0, 1]);
  const served = await whole(first);
  assertEquals(served.tokens.length, 9);
  assertEquals(await whole(engine.submit([1, 2], { maxNewTokens: 9 })), served);
  assertEquals(await whole(engine.submit([1], { maxNewTokens: 0 })), { tokens: [], finish: "length" });
  assertEquals((await whole(engine.submit(someIds(1, 63)))).tokens.length, 1);
});

Deno.test("engine: maxDepth is refused for models without routing", async () => {
  await using engine = await Engine.open(decoderOn(device), { slots: 1 });
  assertThrows(() => engine.submit([1], { maxDepth: 1 }), RangeError, "maxDepth is 1, but this model routes nothing");
});

Deno.test("engine: refuses invalid sizes, and models whose keys depend on later rows", async () => {
  const refused = (options: Parameters<typeof Engine.open>[1], message: string, on = model) =>
    assertRejects(() => Engine.open(on, options), RangeError, `Cannot make an engine: ${message}`);
  for (const slots of [0, -1, 1.5, NaN, 4097]) {
    await refused({ slots }, `slots is ${slots}, expected a whole number from 1 to 4096`);
  }
  for (const maxBatch of [0, 5, 2.5]) {
    await refused({ slots: 4, maxBatch }, `maxBatch is ${maxBatch}, expected a whole number from 1 to 4`);
  }
  for (const exitBatch of [0, 3]) {
    await refused(
      { slots: 4, maxBatch: 2, exitBatch },
      `exitBatch is ${exitBatch}, expected a whole number from 1 to 2`,
    );
  }
  // A page: 24 rows of 64 bytes for two layers outside and two layers of three recursions.
  for (const cacheBytes of [12287, 0, -1, NaN]) {
    await refused({ cacheBytes }, `${cacheBytes} bytes of cache, 12288 is the least`);
  }
  await using least = await Engine.open(model, { cacheBytes: 12288 });
  assertEquals(least.status().cacheBytes, 12288);
  assertEquals((await whole(least.submit([1], { maxNewTokens: 24 }))).tokens.length, 24);
  const hybrid = decoderOn(device, { recursion: { ...recursion, kv: "hybrid" } });
  await refused({}, 'kv is "hybrid", which depends on rows to come; expected "recursion" or "share"', hybrid);
});
