/** The end token of a sequence. */
import { assertEquals } from "@std/assert";
import { Engine } from "../../src/infer/engine/engine.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { kinds } from "../support/engine.ts";
import { decoderOn, someIds } from "../support/models.ts";

Deno.test("engine: endToken is the drawn token that ended a sequence; undefined after its last allowed token", async () => {
  const model = decoderOn(new ReferenceDevice(), kinds[0], 3), prompt = someIds(2, 5);
  await using free = await Engine.open(model, { slots: 1, stops: [] });
  const pieces = await Array.fromAsync(free.submit(prompt, { maxNewTokens: 12, seed: 1, temperature: 2 }));
  const at = pieces.findIndex(({ id }, i) => i > 2 && pieces.findIndex((piece) => piece.id === id) === i);
  const { text: _, ...last } = pieces[at];
  await using ending = await Engine.open(model, { slots: 1, stops: [last.id] });
  const ended = ending.submit(prompt, { maxNewTokens: 12, seed: 1, temperature: 2 });
  assertEquals(ended.endToken, undefined);
  assertEquals(await Array.fromAsync(ended), pieces.slice(0, at));
  assertEquals([ended.finish, ended.newTokens, ended.endToken], ["stop", at, last]);
  const limited = ending.submit(prompt, { maxNewTokens: 2, seed: 1, temperature: 2 });
  await Array.fromAsync(limited);
  assertEquals([limited.finish, limited.endToken], ["length", undefined]);
});
