// Pieces of text, put together again.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { loadTokenizer } from "../../src/infer/load_tokenizer.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { TextStream } from "../../src/infer/tokenizer.ts";

const tokenizers = await Promise.all(
  ["stories-mor", "stories-modernalbert"].map((name) => loadTokenizer(openSource(`models/${name}`))),
);

Deno.test("pieces are the text of all ids, wherever the prompt ends; no piece shows a part of a character", () => {
  const texts = fc.array(
    fc.constantFrom("Once ", "upon", " a", "\n", "  ", "dé", "日本", "🙂", "’s", ".", " the", "x"),
    {
      minLength: 1,
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(fc.constantFrom(...tokenizers), texts, fc.nat(60), (tokenizer, words, cut) => {
      const ids = tokenizer!.encode(words.join(""));
      const prompt = ids.slice(0, Math.min(cut, ids.length));
      const stream = new TextStream(tokenizer!, prompt);
      const pieces = ids.slice(prompt.length).map((id) => stream.push(id));
      const [whole, begun] = [ids, prompt].map((part) => tokenizer!.decode(part).replace(/\ufffd+$/, ""));
      assertEquals(pieces.join(""), whole.slice(begun.length));
      if (!whole.includes("\ufffd")) assertEquals(pieces.some((piece) => piece.includes("\ufffd")), false);
    }),
    { numRuns: 300 },
  );
});
