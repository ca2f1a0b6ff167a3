/** Prompts with too many tokens are refused, or lose tokens at one end, which the first piece and the generation report. */
import { assertEquals, assertThrows } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { fitPrompt } from "../../src/infer/fit_prompt.ts";
import { generate } from "../../src/infer/generate.ts";
import type { GenerateOptions, Piece } from "../../src/infer/generate_options.ts";
import { decoderOn, someIds } from "../support/models.ts";

const model = decoderOn(new ReferenceDevice(), { eos_token_id: null }), long = someIds(1, 90);
const idsOf = (pieces: readonly Piece[]) => pieces.map(({ id }) => id);
const made = (prompt: number[] | number[][], options: GenerateOptions) =>
  Array.fromAsync(generate(model, prompt as number[], options));

Deno.test("fitPrompt: a cut prompt leaves positions for new tokens, half of them at most", () => {
  const kept = (options: GenerateOptions, positions = 64) => fitPrompt(long, positions, options);
  assertEquals(kept({ truncate: "start", maxNewTokens: 10 }), { ids: long.slice(36), cutTokens: 36 });
  assertEquals(kept({ truncate: "end", maxNewTokens: 10 }), { ids: long.slice(0, 54), cutTokens: 36 });
  assertEquals(kept({ truncate: "start" }).ids.length, 63);
  assertEquals(kept({ truncate: "start", maxNewTokens: 500 }).ids.length, 32);
  assertEquals(kept({ truncate: "start", maxLength: 5, maxNewTokens: 10 }).ids, long.slice(85));
  assertEquals(kept({}), { ids: long, cutTokens: 0 });
  assertEquals(kept({ truncate: "end" }, 1).ids, long.slice(0, 1));
});

Deno.test("generate: a cut prompt continues as what is left of it, and its first piece says how much went", async () => {
  for (const [truncate, left] of [["start", long.slice(36)], ["end", long.slice(0, 54)]] as const) {
    const pieces = await made(long, { truncate, maxNewTokens: 10 });
    assertEquals(idsOf(pieces), idsOf(await made(left, { maxNewTokens: 10 })));
    assertEquals(pieces.map(({ cutTokens }) => cutTokens), [36, ...new Array(9).fill(undefined)]);
  }
  const several = await made([[5, 6], long], { truncate: "start", maxLength: 7, maxNewTokens: 3 });
  const second = several.filter((piece) => (piece as Piece & { prompt: number }).prompt === 1);
  assertEquals(idsOf(second), idsOf(await made(long.slice(83), { maxNewTokens: 3 })));
  assertEquals([second[0].cutTokens, several.filter(({ cutTokens }) => cutTokens).length], [83, 1]);
});

Deno.test("engine: a generation has the tokens that were read and those that were not", async () => {
  await using engine = await Engine.open(model, { slots: 1 });
  const stream = engine.submit(long, { truncate: "start", maxNewTokens: 10 }), whole = engine.submit([1, 2]);
  assertEquals([stream.promptTokens, stream.cutTokens, whole.cutTokens], [54, 36, 0]);
  whole.cancel();
  assertEquals((await Array.fromAsync(stream))[0].cutTokens, 36);
});

Deno.test("generate: a prompt above maxLength is refused where no end is named", () => {
  const refused = (message: string, options: GenerateOptions) =>
    assertThrows(() => generate(model, long, options), RangeError, message);
  refused("Cannot generate: the prompt has 90 tokens, 8 is the most; truncate shortens it", { maxLength: 8 });
  refused("Cannot generate: the prompt has 90 tokens, and there are 64 positions", {});
  refused("Cannot generate: maxLength is 65, expected a whole number from 1 to 64", { maxLength: 65, truncate: "end" });
});
