/** Text from an engine: the shipped model's words, stop texts, and why each text ended. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Decoder } from "../../mod.ts";
import type { Generation } from "../../src/infer/engine/api.ts";

const decoder = await Decoder.load("models/stories-mor", { device: "reference" });

/** The text of some pieces. */
async function text(pieces: AsyncIterable<{ readonly text: string }>): Promise<string> {
  return (await Array.fromAsync(pieces)).map(({ text }) => text).join("");
}

Deno.test("engine: texts, stop texts included, equal those of `generate`, each with its finish reason", async () => {
  await using engine = await decoder.engine({ slots: 3 });
  const prompt = "Once upon a time";
  const story = await text(decoder.generate(prompt, { maxNewTokens: 30 }));
  const [, , third] = story.trim().split(" ");
  const cases: [Parameters<typeof decoder.generate>[1], Generation["finish"]][] = [
    [{ maxNewTokens: 30 }, "length"],
    [{ maxNewTokens: 30, stop: [third] }, "stop"],
    [{ maxNewTokens: 30, stop: ["no such words", third.slice(1)] }, "stop"],
    [{ maxNewTokens: 30, stop: [`${third} no such words`] }, "length"],
    [{ maxNewTokens: 30, temperature: 0.8, topP: 0.9, seed: 11 }, "length"],
    [{ maxNewTokens: 1 }, "length"],
  ];
  await Promise.all(cases.map(async ([options, finish]) => {
    const generation = engine.submit(prompt, options);
    const got = await text(generation);
    assertEquals(got, await text(decoder.generate(prompt, options)));
    assertEquals([generation.finish, generation.promptTokens], [finish, decoder.tokenizer!.encode(prompt).length]);
    assert(finish === "stop" ? generation.newTokens < 30 : generation.newTokens === options!.maxNewTokens);
    for (const stop of options!.stop ?? []) assert(!got.includes(stop));
    assert(finish === "stop" || options!.seed ? story !== got : story.startsWith(got));
  }));
});

Deno.test("engine: an end token ends a text and is not a part of it", async () => {
  const options = { maxNewTokens: 12 };
  const ids = (await Array.fromAsync(decoder.generate("Once upon a time", options))).map(({ id }) => id);
  const at = ids.findIndex((id, i) => i > 2 && ids.indexOf(id) === i);
  await using engine = await decoder.engine({ slots: 2, stops: [ids[at]] });
  const generation = engine.submit("Once upon a time", options);
  const pieces = await Array.fromAsync(generation);
  assertEquals(pieces.map(({ id }) => id), ids.slice(0, at));
  assertEquals([generation.finish, generation.newTokens], ["stop", at]);
  await assertRejects(async () => await text(engine.submit("")), RangeError, "Cannot encode text: it is empty");
});

Deno.test("engine: ids of a tokenizer beyond the model's vocabulary are refused", async () => {
  const tokenizer = { encode: () => [1, 99_999], decode: () => "" };
  await using beyond = await Decoder.load("models/stories-mor", { device: "reference", tokenizer });
  await using engine = await beyond.engine({ slots: 1 });
  const { vocabSize } = beyond.config;
  assertThrows(
    () => engine.submit("x"),
    RangeError,
    `Cannot generate: id 99999 at 1 of the prompt is outside the vocabulary of ${vocabSize}`,
  );
});
