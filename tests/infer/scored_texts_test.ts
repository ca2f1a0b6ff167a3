/** Texts are divided into prompt and continuation as lm-evaluation-harness divides them. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { perplexity } from "../../src/infer/score/perplexity.ts";
import { score } from "../../src/infer/score/score.ts";
import { beginIds, continuationIds, textIds, type TextModel } from "../../src/infer/score/scored_texts.ts";
import type { Tokenizer } from "../../src/infer/tokenizer.ts";
import { decoderOn } from "../support/models.ts";

/** A tokenizer of letters, of which "ab" is one token (28), with frames around every text. */
function letters({ before = [] as number[], after = [] as number[] } = {}): Tokenizer {
  return {
    encode(text, { bare = false } = {}) {
      const ids = [...text.replaceAll("ab", "{")].map((c) => c === " " ? 0 : c === "{" ? 28 : c.charCodeAt(0) - 96);
      return bare ? ids : [...before, ...ids, ...after];
    },
    decode: (ids) => ids.map((id) => id === 0 ? " " : id === 28 ? "ab" : String.fromCharCode(96 + id)).join(""),
  };
}

const model = (frame = {}, config: TextModel["config"] = { eos: [] }): TextModel => ({
  tokenizer: letters(frame),
  config,
});

Deno.test("continuationIds: both texts are encoded as one, blanks at the end of the prompt belong to the continuation", () => {
  const divided = (prompt: string | number[], continuation: string | number[], of = model()) => {
    const { ids, from } = continuationIds(of, prompt, continuation, "continuation 1");
    return [Array.from(ids).slice(0, from), Array.from(ids).slice(from)];
  };
  assertEquals(divided("cd", " ef"), [[3, 4], [0, 5, 6]]);
  assertEquals(divided("cd  ", "ef"), [[3, 4], [0, 0, 5, 6]]);
  assertEquals(divided("ca", "bd"), [[3, 28], [4]]); // as many ids as the prompt alone has, of the ids of both
  assertEquals(divided("cd", "ef", model({ before: [27], after: [26] })), [[27, 3, 4], [5, 6]]);
  assertEquals(divided([1, 2], "ab"), [[1, 2], [28]]);
  assertEquals(divided("c", [9]), [[3], [9]]);
  const end = model({}, { eos: [25, 24] }), begin = model({}, { bos: 23, eos: [25] });
  assertEquals(divided("", "ef", end), [[25], [5, 6]]);
  assertEquals(divided("", "ef", begin), [[23], [5, 6]]);
  assertEquals(divided(" ", "ef", model({ before: [27] }, { bos: 23, eos: [] })), [[27], [0, 5, 6]]);
});

Deno.test("continuationIds: a continuation that adds no ids, and an empty prompt without a begin token, are refused", () => {
  assertThrows(
    () => continuationIds(model(), "ca", "b", "continuation 3"),
    RangeError,
    "Cannot score: continuation 3 adds no tokens to the prompt",
  );
  assertThrows(
    () => continuationIds(model(), "", "b", "continuation 1"),
    RangeError,
    "Cannot score: the prompt is empty, and the model has no token that begins or ends a text",
  );
});

Deno.test("textIds: a text begins with the model's begin token; without one its first token has no score", () => {
  assertEquals(textIds(model({ before: [27], after: [26] }), "cd"), { ids: [27, 3, 4], from: 1 });
  assertEquals(textIds(model({}, { bos: 23, eos: [25] }), "cd"), { ids: [23, 3, 4], from: 1 });
  assertEquals(textIds(model(), "cd"), { ids: [3, 4], from: 1, unscored: 3 });
  assertEquals(textIds(model(), [7, 8]), { ids: [7, 8], from: 1 });
  assertEquals(beginIds({ config: { eos: [] } }), []);
});

/** A small decoder with that tokenizer, without special tokens. */
function lettersDecoder(json = {}): DecoderModel {
  const { device, config, params } = decoderOn(new ReferenceDevice("f64"), json);
  return new DecoderModel(device, { ...config, bos: undefined, eos: [] }, params, letters());
}

Deno.test("score: tokens have the texts that they add, and top tokens too", async () => {
  const decoder = lettersDecoder(), [{ tokens }] = await score(decoder, "cd ", ["abe"], { topLogProbs: 29 });
  assertEquals(tokens.map(({ text }) => text), [" ", "ab", "e"]);
  assertEquals(tokens[0].top!.map(({ text }) => text).sort().slice(0, 3), [" ", "a", "ab"]);
});

Deno.test("perplexity: windows, bits per byte of the scored text, and refusals", async () => {
  const decoder = lettersDecoder(), text = "the quick brown fox jumps over the lazy dog ".repeat(5); // 220 tokens
  const all = await perplexity(decoder, text, { topLogProbs: 1 });
  assertEquals([all.tokens, all.windows, all.bytes, all.logProbs.length, all.top!.length], [219, 6, 219, 219, 219]);
  assertEquals(all.bitsPerByte, -all.logProb / Math.LN2 / 219);
  assertEquals(all.perplexity, Math.exp(-all.logProb / 219));
  assertEquals((await perplexity(decoder, "abe")).bytes, 1, 'the unscored token is "ab"');
  const refused = (message: string, text: string, options = {}) =>
    assertRejects(() => perplexity(decoder, text, options), RangeError, message);
  await refused("Cannot score: the text has one token, and none before it", "a");
  await refused("Cannot encode text: it is empty", "");
  await refused("Cannot score: stride is 64, expected a whole number from 1 to 63", "abc", { stride: 64 });
  await refused("Cannot score: maxLength is 65, expected a whole number from 2 to 64", "abc", { maxLength: 65 });
});

Deno.test("perplexity: every token is scored once, under the tokens of its window before it", async () => {
  const decoder = lettersDecoder(), ids = decoder.tokenizer!.encode("sphinx of black quartz judge my vow");
  for (const [maxLength, stride] of [[10, 3], [8, 7], [5, 1], [64, 32]]) {
    const { logProbs, windows } = await perplexity(decoder, ids, { maxLength, stride });
    assertEquals(windows, Math.max(1, Math.ceil((ids.length - maxLength) / stride) + 1));
    for (let t = 1; t < ids.length; t++) {
      const begin = t < maxLength ? 0 : stride * (Math.floor((t - maxLength) / stride) + 1);
      const [{ logProb }] = await score(decoder, ids.slice(begin, t), [[ids[t]]]);
      assertEquals(Math.abs(logProb - logProbs[t - 1]) < 1e-12, true, `token ${t} of windows of ${maxLength}`);
    }
  }
});
