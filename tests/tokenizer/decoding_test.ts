/** Incremental decoding gives the text of all ids as early as possible. */
import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import type { Json } from "../../src/model/config/fields.ts";
import { TokenDecoding } from "../../src/tokenizer/decoding.ts";
import { cleanUp } from "../../src/tokenizer/stages.ts";
import { JsonTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { byteLevel, KINDS, llama, LLAMA_DECODER, wordPiece } from "./support.ts";
import { texts } from "./texts.ts";

const all = Object.entries(KINDS).flatMap(([kind, make]) =>
  [false, true].map((cleans) => ({
    kind,
    tokenizer: new JsonTokenizer(make(), { clean_up_tokenization_spaces: cleans }),
    cleans,
  }))
);

/** Ids of random tokens, many of them bytes that are no characters, some of no token at all. */
const anyIds = fc.array(fc.oneof(fc.nat(300), fc.nat(20), fc.constant(99_999)), { maxLength: 40 });

Deno.test("pieces concatenate to the text of all ids; complete characters are never pending", () => {
  for (const { kind, tokenizer, cleans } of all) {
    fc.assert(fc.property(fc.oneof(anyIds, texts.map((text) => tokenizer.encode(text))), (ids) => {
      const stream = tokenizer.decoding();
      let shown = "";
      ids.forEach((id, i) => {
        shown += stream.push(id);
        const known = tokenizer.decode(ids.slice(0, i + 1));
        if (!cleans) assert(shown.length >= known.replace(/\ufffd+$/, "").length, `${kind}: ${ids} after ${i + 1}`);
        if (!stream.pending) assertEquals(shown, known);
      });
      assertEquals(shown + stream.end(), tokenizer.decode(ids), kind);
      assertEquals(stream.pending, false);
    }));
  }
});

Deno.test("encoded text decodes to itself, including U+FFFD and byte order marks", () => {
  const tokenizers = [new JsonTokenizer(byteLevel()), new JsonTokenizer(llama())];
  fc.assert(fc.property(fc.constantFrom(...tokenizers), texts, (tokenizer, text) => {
    if (tokenizer === tokenizers[1]) text = text.replaceAll("▁", ""); // the mark of a blank is one
    assertEquals(tokenizer.decode(tokenizer.encode(text)), text.replaceAll("<|endoftext|>", ""));
  }));
  for (const tokenizer of tokenizers) {
    assertEquals(tokenizer.decode(tokenizer.encode("\ufffd a\ufffd")), "\ufffd a\ufffd");
  }
});

Deno.test("a literal U+FFFD is emitted with its last byte; incomplete bytes at the end", () => {
  for (const tokenizer of [new JsonTokenizer(byteLevel()), new JsonTokenizer(llama())]) {
    const stream = tokenizer.decoding(),
      [emoji, replacement] = ["🙂", "\ufffd"].map((text) =>
        tokenizer.encode(text).slice(-new TextEncoder().encode(text).length)
      );
    assertEquals(replacement.map((id) => stream.push(id)), ["", "", "\ufffd"]);
    assertEquals([stream.pending, emoji.slice(0, 3).map((id) => stream.push(id)), stream.pending], [
      false,
      ["", "", ""],
      true,
    ]);
    assertEquals([stream.push(replacement[0]), stream.end(), stream.end()], ["\ufffd", "\ufffd", ""]);
    const bad = emoji[1], whole = tokenizer.decoding(); // a byte that never begins a character is known at once
    assertEquals([bad, bad, ...emoji].map((id) => whole.push(id)), ["\ufffd", "\ufffd", "", "", "", "🙂"]);
  }
});

Deno.test("decoders: the marks of words, in the first token and in others", () => {
  const tokens = ["▁a", "▁▁b", "##c", "d</w>", "e", " ", ".", "<0x41>", "<0xC3>", "<0xA9>", "xy", "z"];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const decode = (decoder: Json | null, ...ids: number[]) =>
    new JsonTokenizer({ decoder, model: { type: "BPE", vocab, merges: [] } }).decode(ids);
  const mark = { type: "Metaspace", replacement: "▁" };
  assertEquals(decode(null, 4, 2, 4), "e ##c e");
  assertEquals(decode(mark, 1, 0, 1), "b a  b"); // the first token loses every mark
  assertEquals(decode({ ...mark, prepend_scheme: "never" }, 1, 0), "  b a");
  const words = { type: "WordPiece", prefix: "##", cleanup: true };
  assertEquals([decode(words, 2, 2, 4, 6), decode({ ...words, cleanup: false }, 4, 6)], ["##cc e.", "e ."]);
  assertEquals([decode({ type: "BPEDecoder", suffix: "</w>" }, 3, 4, 3), decode(LLAMA_DECODER, 0, 7, 8, 9, 1)], [
    "d ed",
    "aAé  b",
  ]);
  assertEquals(decode(LLAMA_DECODER, 8, 4), "\ufffde");
  const fused = (...last: Json[]) => ({ type: "Sequence", decoders: [{ type: "Fuse" }, ...last] });
  const strip = { type: "Strip", content: " ", start: 1, stop: 2 };
  assertEquals([decode(fused(strip), 5, 5, 4, 5, 5, 5), decode(strip, 5, 4, 5)], [" e ", "e"]);
  const replace = { type: "Replace", pattern: { String: "yxy" }, content: "-" };
  assertEquals([decode(fused(replace), 10, 10, 11, 10), decode(replace, 10, 10)], ["x-zxy", "xyxy"]);
});

Deno.test("cleaned up as it comes or as a whole is the same", () => {
  const parts = fc.array(fc.constantFrom(" ", " ", ".", "'", "n", "t", "ve", "s", "m", "?", " '", "re", "x"), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(parts, (parts) => {
      const stream = new TokenDecoding(cleanUp(), (id) => ({ text: parts[id], begins: true }));
      const whole = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"]
        .reduce((text, pattern) => text.replaceAll(pattern, pattern.trim()), parts.join(""));
      assertEquals(parts.map((_, id) => stream.push(id)).join("") + stream.end(), whole);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("special tokens and unknown ids give no text, added tokens their own", () => {
  const level = new JsonTokenizer(byteLevel()), words = new JsonTokenizer(wordPiece());
  assertEquals([level.decode([0, 66, 1, 276, 99_999, 66]), level.decode([0]), level.decode([])], ["a  a", "", ""]);
  assertEquals(words.decode(words.encode("otter. a!")), "otter. a!");
});
