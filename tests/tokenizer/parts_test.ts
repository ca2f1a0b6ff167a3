/** Expected results of normalizers, patterns and splits, computed by hand. */
import { assertEquals } from "@std/assert";
import type { Json } from "../../src/model/config/fields.ts";
import { Entry } from "../../src/tokenizer/entry.ts";
import { readNormalizer } from "../../src/tokenizer/normalizers.ts";
import { readPreTokenizer } from "../../src/tokenizer/pre_tokenizers.ts";

const normalize = (json: Json, text: string) => readNormalizer(new Entry(json, "tokenizer.json", "normalizer"))(text);
const cut = (json: Json, text: string) =>
  readPreTokenizer(new Entry(json, "tokenizer.json", "pre_tokenizer"))(text, true);

Deno.test("Split: the five behaviours, and inverted", () => {
  const split = (behavior: string, invert = false) =>
    cut({ type: "Split", pattern: { String: "-" }, behavior, invert }, "the-final--countdown");
  assertEquals(split("Removed"), ["the", "final", "countdown"]);
  assertEquals(split("Isolated"), ["the", "-", "final", "-", "-", "countdown"]);
  assertEquals(split("MergedWithPrevious"), ["the-", "final-", "-", "countdown"]);
  assertEquals(split("MergedWithNext"), ["the", "-final", "-", "-countdown"]);
  assertEquals(split("Contiguous"), ["the", "-", "final", "--", "countdown"]);
  assertEquals(split("Removed", true), ["-", "-", "-"]);
});

Deno.test("patterns of published tokenizers, and what differs between their language and this one", () => {
  const split = (Regex: string, text: string) => cut({ type: "Split", pattern: { Regex }, behavior: "Isolated" }, text);
  const llama3 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  const parts = ["Hello", " ", " world", "'S", " ", "123", "45", "\n\n", " x", ".\n"];
  assertEquals(split(llama3, parts.join("")), parts);
  assertEquals(split(llama3.replace("]?\\p", "]?+\\p"), parts.join("")), parts);
  assertEquals(split(" ?[^(\\s|[.,!?…。，、।۔،])]+", "a b,c。d"), ["a", " b", ",", "c", "。", "d"]); // Bloom
  assertEquals(split("\\p{L}++x", "abx"), ["abx"]); // the letters keep the x: no match
  assertEquals(split("\\p{L}+x", "abxc"), ["abx", "c"]);
  assertEquals(split("\\d{1,2}+", "a12345"), ["a", "12345"]); // a repeat of a repeat
  assertEquals(split("\\s", "a\u0085b\ufeffc"), ["a", "\u0085", "b\ufeffc"]);
  assertEquals(split("^b|.$", "a\nb\rc"), ["a", "\n", "b", "\r", "c"]);
  assertEquals(split("\\p{Han}+", "x漢字y"), ["x", "漢字", "y"]);
  assertEquals(split("\\d{2}|\\-|\\#", "1٢3-#"), ["1٢", "3", "-", "#"]);
});

Deno.test("words, digits and punctuation", () => {
  assertEquals(cut({ type: "Whitespace" }, "é_1 a!? \u0085b"), ["é_1", "a", "!?", "b"]);
  assertEquals(cut({ type: "WhitespaceSplit" }, " a!  b "), ["a!", "b"]);
  assertEquals(cut({ type: "BertPreTokenizer" }, " a!?b…c"), ["a", "!", "?", "b", "…", "c"]);
  assertEquals(cut({ type: "Punctuation" }, "a!?"), ["a", "!", "?"]);
  assertEquals(cut({ type: "Digits" }, "a12Ⅷ"), ["a", "12Ⅷ"]);
  assertEquals(cut({ type: "Digits", individual_digits: true }, "a12"), ["a", "1", "2"]);
  assertEquals(cut({ type: "CharDelimiterSplit", delimiter: "-" }, "a--b"), ["a", "b"]);
  const level = { type: "ByteLevel", add_prefix_space: true };
  assertEquals(cut({ type: "Sequence", pretokenizers: [{ type: "Digits" }, level] }, "a1"), ["Ġa", "Ġ1"]);
});

Deno.test("normalizers", () => {
  assertEquals(normalize({ type: "NFC" }, "e\u0301"), "é");
  assertEquals(normalize({ type: "NFKC" }, "ﬁⅧ"), "fiVIII");
  assertEquals(normalize({ type: "Lowercase" }, "ΑΣ İ"), "ασ i\u0307");
  assertEquals(normalize({ type: "StripAccents" }, "e\u0301\u0903"), "e");
  assertEquals(normalize({ type: "Strip", strip_left: false }, "\ufeff a\u0085 "), "\ufeff a");
  assertEquals(normalize({ type: "Replace", pattern: { Regex: "(a+)" }, content: "$1" }, "baa"), "b$1");
  assertEquals([normalize({ type: "Prepend", prepend: "▁" }, ""), normalize({ type: "Prepend", prepend: "▁" }, "a")], [
    "",
    "▁a",
  ]);
  assertEquals(normalize({ type: "Nmt" }, "a\u0001\u200bb"), "a b");
  assertEquals(normalize({ type: "ByteLevel" }, "é "), "Ã©Ġ");
  assertEquals(normalize({ type: "BertNormalizer" }, "É\u0000漢\tΣ\ufffd"), "e 漢  σ");
  assertEquals(normalize({ type: "BertNormalizer", lowercase: false }, "É漢"), "É 漢 ");
});

/** A table in the layout of darts: nodes lie 256 apart, a key's value is a place in the texts. */
function charsmap(pairs: readonly (readonly [string, string])[]): string {
  const units = new Uint32Array(256 * 16), texts: number[] = [], encoder = new TextEncoder();
  let free = 2;
  units[0] = 256 << 10;
  for (const [key, text] of pairs) {
    let at = 256;
    const bytes = encoder.encode(key);
    bytes.forEach((byte, i) => {
      const place = at ^ byte;
      if (units[place] === 0) {
        units[place] = byte | (place ^ (256 * free++)) << 10 | Number(i === bytes.length - 1) << 8;
      }
      at = place ^ (units[place] >>> 10);
    });
    units[at] = texts.length | 0x80000000;
    texts.push(...encoder.encode(text), 0);
  }
  const size = new Uint8Array(new Uint32Array([units.byteLength]).buffer);
  return btoa(String.fromCharCode(...size, ...new Uint8Array(units.buffer), ...texts));
}

Deno.test("Precompiled: replacements of characters and of clusters", () => {
  const precompiled_charsmap = charsmap([["ﬁ", "fi"], ["Ⅷ", "VIII"], ["\u00a0", " "], ["e\u0301", "é"]]);
  const table = { type: "Precompiled", precompiled_charsmap };
  assertEquals(normalize(table, "ﬁn\u00a0Ⅷ x e\u0301 漢"), "fin VIII x é 漢");
  assertEquals(normalize({ ...table, precompiled_charsmap: null }, "ﬁ"), "ﬁ");
});
