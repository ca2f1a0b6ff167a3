/** Training of byte-pair encoding: a worked example, ties, exact sizes, and nothing lost. */
import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Tokenizer } from "@huggingface/tokenizers";
import { BYTE_CHARACTERS, wordsOf } from "../../../src/tokenizer/byte_level.ts";
import { countWords, trainBpe } from "../../../src/train/data/bpe.ts";
import { Heap } from "../../../src/common/heap.ts";
import { tokenizerConfig, trainTokenizer } from "../../../src/train/data/tokenizer_json.ts";

const STORY = "Once upon a time there was a little otter. The otter liked the river, and the river liked the otter.\n";

function counted(...texts: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) countWords(text, counts);
  return counts;
}

/** A trained tokenizer as the library reads it. */
function trained(text: string, V: number, tokens: Parameters<typeof trainTokenizer>[2]): Tokenizer {
  return new Tokenizer(JSON.parse(JSON.stringify(trainTokenizer(counted(text), V, tokens))), tokenizerConfig(tokens));
}

Deno.test("trainBpe: the example of Sennrich et al. 2016, figure 1, in the order of its counts", () => {
  // low ×5, lower ×2, newest ×6, widest ×3. Counts by hand: es 9, st 9, we 8, lo 7, ow 7, ne 6, ew 6, …
  const { tokens, merges } = trainBpe(new Map(Object.entries({ low: 5, lower: 2, newest: 6, widest: 3 })), 256 + 6);
  // After es: es·t 9. After est: lo 7 and ow 7, of which lo has the lower ids; then lo·w 7. Then, all seen six times,
  // w·est (newest) falls behind ew, which is lower, and ne behind ew, which begins with the lower letter.
  assertEquals(merges.map((pair) => pair.join(" ")), ["e s", "es t", "l o", "lo w", "e w", "n ew"]);
  assertEquals(tokens.slice(256), ["es", "est", "lo", "low", "ew", "new"]);
});

Deno.test("trainBpe: equal to counting every pair anew after each merge", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 9 });
  const corpus = fc.dictionary(word, fc.integer({ min: 1, max: 5 }), { minKeys: 1, maxKeys: 8, noNullPrototype: true });
  fc.assert(fc.property(corpus, (words) => {
    let split = Object.entries(words).map(([word, count]) => ({ parts: [...word], count }));
    const expected: string[] = [], ids = [...BYTE_CHARACTERS].sort();
    for (let i = 0; i < 5; i++) {
      const counts = new Map<string, number>();
      for (const { parts, count } of split) {
        parts.slice(1).forEach((part, p) => {
          const pair = `${parts[p]} ${part}`;
          counts.set(pair, (counts.get(pair) ?? 0) + count);
        });
      }
      const rank = (pair: string) => pair.split(" ").reduce((key, part) => key * 1000 + ids.indexOf(part), 0);
      const [best] = [...counts].filter(([, count]) => count > 1)
        .sort(([a, m], [b, n]) => n - m || rank(a) - rank(b));
      if (!best) break;
      expected.push(best[0]);
      const [left, right] = best[0].split(" ");
      if (!ids.includes(left + right)) ids.push(left + right);
      split = split.map(({ parts, count }) => {
        const merged: string[] = [];
        for (let p = 0; p < parts.length; p++) {
          const here = parts[p] === left && parts[p + 1] === right;
          merged.push(here ? left + right : parts[p]);
          if (here) p++;
        }
        return { parts: merged, count };
      });
    }
    const { merges } = trainBpe(new Map(Object.entries(words)), ids.length);
    assertEquals(merges.map((pair) => pair.join(" ")), expected.slice(0, merges.length));
    assert(ids.length - 256 <= merges.length);
  }));
});

Deno.test("trainTokenizer: any text decodes to itself, with exactly the tokens of a byte vocabulary", () => {
  const special = ["<|endoftext|>", "[MASK]", "[PAD]"];
  const plain = trained(STORY, 256 + 3 + 15, { special });
  const piece = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "😀🏳️‍🌈",
      "漢字かな交じり文",
      "\u0000\u0007\u001b[0m",
      "  \t\n\r\n   ",
      " .",
      " n't",
      "é́",
      "\ufeff",
      "otter",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1 }).map((pieces) => pieces.join("")), (text) => {
      fc.pre(text !== "" && text.isWellFormed() && !special.some((token) => text.includes(token)));
      assertEquals(wordsOf(text).join(""), text);
      const { ids } = plain.encode(text);
      assert(ids.every((id) => Number.isInteger(id) && id >= 3 && id < 274));
      assertEquals(plain.decode(ids), text);
    }),
    { numRuns: 300 },
  );
});

Deno.test("trainTokenizer: ids are 0 … V − 1, special ones first; learned text takes fewer tokens than bytes", () => {
  const tokens = { special: ["<|endoftext|>", "[CLS]", "[SEP]"], begin: "[CLS]", end: "[SEP]" };
  const tokenizer = trained(STORY, 277, tokens);
  assertEquals([...tokenizer.get_vocab().values()].sort((a, b) => a - b), Array.from({ length: 277 }, (_, id) => id));
  assertEquals(tokens.special.map((token) => tokenizer.token_to_id(token)), [0, 1, 2]);
  const { ids } = tokenizer.encode(STORY);
  assertEquals([ids[0], ids[ids.length - 1]], [1, 2]);
  assert(ids.length - 2 < STORY.length * 0.7, `${ids.length} tokens for ${STORY.length} bytes`);
  assertEquals(tokenizer.decode(ids, { skip_special_tokens: true }), STORY);
});

Deno.test("trainTokenizer: the mask strips the blank before it, as masked words include one", () => {
  const masked = trained(STORY, 274, { special: ["<|endoftext|>", "[MASK]"], mask: "[MASK]" });
  const ids = (text: string) => masked.encode(text).ids;
  assertEquals(ids("a [MASK] b[MASK]."), [...ids("a"), 1, ...ids(" b"), 1, ...ids(".")]);
});

Deno.test("trainTokenizer: one error for a size the text cannot give, or special tokens that clash", () => {
  const train = (V: number, special: string[], begin?: string) => trainTokenizer(counted(STORY), V, { special, begin });
  assertThrows(() => train(255, []), RangeError, "Cannot train a tokenizer: 255 tokens, the 256 bytes need one each");
  assertThrows(() => train(2048, []), RangeError, "the text gives 274 tokens beside special ones, 2048 are wanted");
  assertThrows(() => train(270, ["a", "a"]), RangeError, "the special token a is given twice");
  assertThrows(() => train(270, ["e"]), RangeError, 'the special token "e" is also one of the text');
  assertThrows(() => train(270, ["<s>"], "<bos>"), RangeError, "<bos> is not a special token of it");
  const mask = () => trainTokenizer(counted(STORY), 270, { special: [], mask: "[MASK]" });
  assertThrows(mask, RangeError, "[MASK] is not a special token of it");
});

Deno.test("Heap: entries come out in order, whatever the order of pushes and pops", () => {
  fc.assert(fc.property(fc.array(fc.option(fc.nat(9)), { maxLength: 60 }), (steps) => {
    const heap = new Heap<number>((a, b) => a < b), model: number[] = [];
    for (const step of steps) {
      if (step !== null) heap.push(step), model.push(step);
      else assertEquals(heap.pop(), model.sort((a, b) => a - b).shift());
    }
    for (const entry of model.sort((a, b) => a - b)) assertEquals(heap.pop(), entry);
    assertEquals(heap.pop(), undefined);
  }));
});
