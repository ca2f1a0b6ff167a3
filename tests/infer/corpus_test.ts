/** Documents drawn from a decoder: they depend on the seed and their number, and are those of full forward passes. */
import { assertEquals, assertRejects } from "@std/assert";
import { sampleDocuments } from "../../src/infer/corpus.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { assertDefined } from "../support/definition.ts";
import { kinds, tokensOf } from "../support/engine.ts";
import { generate } from "../../src/infer/generate.ts";
import { decoderOn } from "../support/models.ts";

const device = new ReferenceDevice();

async function documents(batch: number, change = {}, json = {}): Promise<number[][]> {
  const model = decoderOn(device, { ...json, bos_token_id: 1, eos_token_id: 2 });
  const options = { documents: 9, batch, maxTokens: 12, seed: 5, sampling: { topP: 0.9 }, ...change };
  return await Array.fromAsync(sampleDocuments(model, options));
}

Deno.test("corpus: a document depends on the seed and its number, not on the batch; it is as long as allowed", async () => {
  const all = await documents(9);
  assertEquals(await documents(4), all);
  assertEquals(await documents(1), all);
  assertEquals(await documents(4, { documents: 3 }), all.slice(0, 3));
  assertEquals((await documents(4, { seed: 6 })).some((ids, i) => ids.join() === all[i].join()), false);
  assertEquals(all.every((ids) => ids.length <= 11 && !ids.includes(1) && !ids.includes(2)), true);
  assertEquals(new Set(all.map(({ length }) => length)).size > 2, true);
});

Deno.test("corpus: an aborted one is given as far as its documents are complete", async () => {
  const controller = new AbortController();
  const all = await documents(4, { documents: 40 });
  const onProgress = (complete: number) => void (complete > 5 && controller.abort());
  const some = await documents(4, { documents: 40, signal: controller.signal, onProgress });
  assertEquals(some.length > 4 && some.length < 40, true);
  assertEquals(some.every((ids) => all.some((other) => other.join() === ids.join())), true);
});

Deno.test("corpus: a model without a first token is refused", async () => {
  const model = decoderOn(device);
  const options = { documents: 1, batch: 1, maxTokens: 4, seed: 1 };
  await assertRejects(() => sampleDocuments(model, options).next(), Error, "names no bos_token_id");
});

Deno.test("corpus: document d is drawn as `generate` continues the first token, with a seed of its own", async () => {
  for (const json of kinds) {
    const [first] = await documents(2, { documents: 1, sampling: { topP: 0.9, repetitionPenalty: 1.3 } }, json);
    const model = decoderOn(device, { ...json, eos_token_id: [2, 1] });
    const seed = Math.imul(5 + 1, 0x9e3779b9) | 0;
    const asked = {
      prompt: [1],
      options: { maxNewTokens: 11, temperature: 1, topP: 0.9, repetitionPenalty: 1.3, seed },
    };
    const tokens = await tokensOf(generate(model, asked.prompt, asked.options));
    assertEquals(first, tokens.map(([id]) => id));
    await assertDefined(model, asked, { tokens, finish: tokens.length < 11 ? "stop" : "length" });
  }
});

Deno.test("corpus: sizes out of range are refused", async () => {
  const options = { documents: 1, batch: 1, maxTokens: 65, seed: 1 };
  const model = decoderOn(device, { bos_token_id: 1 });
  const message = "Cannot sample documents: maxTokens is 65, and there are 64 positions";
  await assertRejects(() => sampleDocuments(model, options).next(), RangeError, message);
});
