/** Every piece of a generation has one token, and together they are the whole text: bytes without a character, too. */
import fc from "fast-check";
import { assertEquals } from "@std/assert";
import { Decoder } from "../../mod.ts";
import { Stream } from "../../src/infer/engine/generation.ts";
import { TextPieces } from "../../src/infer/text_pieces.ts";
import { JsonTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { saveStoryDecoder } from "../support/stories.ts";
import { byteLevel } from "../tokenizer/support.ts";

const tokenizer = new JsonTokenizer(byteLevel());
const idsOf = (text: string) => tokenizer.encode(text, { bare: true });
const textOf = (pieces: readonly { readonly text: string }[]) => pieces.map(({ text }) => text).join("");

function run(ids: readonly number[], stop: readonly string[] = []) {
  const pieces = new TextPieces<{ id: number; text: string }>(tokenizer, [], stop);
  const shown = ids.flatMap((id) => pieces.stopped ? [] : pieces.push({ id }));
  return { shown: [...shown, ...pieces.end()], stopped: pieces.stopped };
}

Deno.test("one piece a token, in order, with the text of all of them", () => {
  fc.assert(fc.property(fc.array(fc.nat(280), { maxLength: 30 }), (ids) => {
    const { shown } = run(ids);
    assertEquals([shown.map(({ id }) => id), textOf(shown)], [ids, tokenizer.decode(ids)]);
  }));
});

Deno.test("stop texts cut the text where the first one begins, also in bytes that were held", () => {
  const stops = fc.array(fc.constantFrom("b", "🙂", "\ufffd", "a\ufffd", "é"), { maxLength: 2 });
  const [emoji, accent] = [idsOf("🙂"), idsOf("é")];
  const ids = fc.array(fc.constantFrom(...idsOf("ab "), ...emoji, ...accent), { maxLength: 20 });
  fc.assert(fc.property(ids, stops, (ids, stops) => {
    const whole = tokenizer.decode(ids);
    const found = stops.map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
    const { shown, stopped } = run(ids, stops);
    assertEquals(textOf(shown), found.length > 0 ? whole.slice(0, Math.min(...found)) : whole);
    assertEquals(stopped, found.length > 0);
  }));
});

Deno.test("an engine's stream flushes at its end, and a stop text in the rest is the reason", async () => {
  const [a, lead] = [idsOf("a")[0], idsOf("🙂")[0]];
  const finished = async (stop: string[], ends: number[], ids: number[]) => {
    const stream = new Stream({ prompt: [a], most: 3, ends, stop, tokenizer });
    for (const id of ids) stream.push({ id, depth: 1, logProb: 0, score: 0 });
    return [textOf(await Array.fromAsync(stream)), stream.finish];
  };
  assertEquals(await finished([], [], [a, a, lead]), ["aa\ufffd", "length"]);
  assertEquals(await finished([], [0], [a, lead, 0]), ["a\ufffd", "stop"]);
  assertEquals(await finished(["\ufffd"], [], [a, a, lead]), ["aa", "stop"]);
});

Deno.test("generate and the engine give the text of all ids after that of the prompt", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await saveStoryDecoder(folder);
    await using decoder = await Decoder.load(folder, { device: "reference" });
    await using engine = await decoder.engine({ slots: 2 });
    for (const prompt of ["The otter", "日本", "\ufffd a\ufffd"]) {
      for (const maxNewTokens of [1, 2, 7]) {
        const options = { maxNewTokens, temperature: 1, seed: 5 }, { encode, decode } = decoder.tokenizer!;
        for (const generation of [decoder.generate(prompt, options), engine.submit(prompt, options)]) {
          const pieces = await Array.fromAsync(generation), ids = pieces.map(({ id }) => id);
          const whole = decode([...encode(prompt), ...ids]);
          assertEquals(prompt + textOf(pieces), whole);
          assertEquals(ids.length, maxNewTokens);
        }
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
