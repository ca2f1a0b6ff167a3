/** Expected ids of small tokenizers, computed by hand: added tokens, models, and marks of blanks. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Json } from "../../src/model/config/fields.ts";
import { JsonTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { added, byteLevel, llama, unigram, wordPiece } from "./support.ts";

const bare = (json: Json) => {
  const tokenizer = new JsonTokenizer(json);
  return (text: string) => tokenizer.encode(text, { bare: true });
};

/** A tokenizer with another model. */
const modelled = (json: Json, model: Json): Json => ({ ...json, model: { ...json.model as Json, ...model } });

Deno.test("added tokens: stripped white space, whole words, longest match", () => {
  const withFlags = (flags: Json) => bare(byteLevel([added(276, "<x>", flags)]));
  const plain = bare(byteLevel([]));
  assertEquals(withFlags({})("a <x> b"), [...plain("a "), 276, ...plain(" b")]);
  assertEquals(withFlags({ lstrip: true })("a \n<x> b"), [...plain("a"), 276, ...plain(" b")]);
  assertEquals(withFlags({ rstrip: true })("a <x> \n b"), [...plain("a "), 276, ...plain("b")]);
  assertEquals(withFlags({ lstrip: true, rstrip: true })(" <x> <x> "), [276, 276]);
  const word = withFlags({ single_word: true });
  assertEquals([word("<x>"), word("a <x>."), word("é<x>"), word("<x>_")].map((ids) => ids.includes(276)), [
    ...[true, true],
    ...[false, false],
  ]);
  const two = bare(byteLevel([added(276, "<x>"), added(277, "<x><y>")]));
  assertEquals(two("<x><y><x>"), [277, 276]);
});

Deno.test("added tokens are looked for in the text, or in the normalized text", () => {
  const lower = (normalized: boolean) =>
    bare({ ...byteLevel([added(276, "YES", { normalized })]), normalizer: { type: "Lowercase" } });
  assertEquals([lower(true)("yes"), lower(true)("YES")], [[276], [276]]);
  assertEquals([lower(false)("yes").length, lower(false)("YES")], [3, [276]]);
});

Deno.test("Unigram: the greatest sum of scores; unknown characters become bytes, or one unknown token", () => {
  const [plain, bytes] = [bare(unigram(false)), bare(unigram(true))];
  // Ids of ▁, a, b, ▁a, ab, ▁ab, the, ▁the, … begin at 3. ▁ab −4.25 wins over ▁a+b −6 and ▁+ab −6.
  assertEquals(plain("ab the"), [8, 10]);
  assertEquals(plain("aab"), [6, 7]); // ▁a ab −6.5, ▁a a b −9
  assertEquals(plain("éé a"), [3, 0, 6]);
  const at = 3 + 256 - 3; // with bytes, pieces begin 256 later
  assertEquals(bytes("é a"), [3 + at + 3 - 3, 3 + 0xc3, 3 + 0xa9, 6 + 256]);
  assertEquals(bytes("éx"), [3 + 256, 3 + 0xc3, 3 + 0xa9, 3 + 0x78]);
  assertEquals(bytes("🙂"), [3 + 256, 15 + 256]);
  // An unknown y costs 10 more than the worst piece, xy −2: x and y make x −12, and xy −2.
  const unlikely = (x: number) =>
    bare({ model: { type: "Unigram", unk_id: 0, vocab: [["<unk>", 0], ["x", x], ["xy", -2]] } })("xy");
  assertEquals([unlikely(9.5), unlikely(10.5)], [[2], [1, 0]]);
  const unknown = bare(modelled(unigram(false), { unk_id: null }));
  assertThrows(() => unknown("é"), RangeError, 'Cannot encode text: "é" has no token in tokenizer.json');
  assertEquals(bare(modelled(unigram(true), { unk_id: null }))("éx"), bytes("éx"));
});

Deno.test("merges: bytes of unknown characters, and unknown tokens side by side", () => {
  const first = 3, bytes = bare(llama()), mark = bytes("")[0] ?? 259;
  assertEquals(bytes("é"), [mark, first + 0xc3, first + 0xa9]);
  const without = (fuse_unk: boolean) => bare(modelled(llama(), { byte_fallback: false, fuse_unk }));
  assertEquals(without(true)("éé"), [mark, 0]);
  assertEquals(without(false)("éé"), [mark, 0, 0]);
  const none = bare(modelled(llama(), { byte_fallback: false, unk_token: null }));
  assertThrows(() => none("aé"), RangeError, '"é" has no token in tokenizer.json');
});

Deno.test("merges in the order of the list, of several the leftmost; words that are tokens, prefixes and suffixes", () => {
  const vocab = Object.fromEntries(
    ["a", "b", "c", "ab", "bc", "abc", "##b", "a##b", "b</w>", "ab</w>"].map((t, i) => [t, i]),
  );
  const model = (merges: string[], more: Json = {}) =>
    bare({ model: { type: "BPE", vocab, merges, ...more }, added_tokens: [] });
  assertEquals(model(["b c", "a b"])("abc"), [0, 4]);
  assertEquals(model(["a b", "b c"])("abcab"), [3, 2, 3]);
  assertEquals(model(["a b", "ab c"])("abc"), [5]);
  assertEquals(model(["b c", "a b", "a bc"])("abc"), [5]); // a b waits in the queue while b c is merged
  assertEquals([model([])("abc"), model([], { ignore_merges: true })("abc")], [[0, 1, 2], [5]]);
  assertEquals(model(["a b</w>"], { end_of_word_suffix: "</w>" })("ab"), [9]);
  assertEquals(model(["a ##b"], { continuing_subword_prefix: "##" })("ab"), [3]);
});

Deno.test("WordPiece: the longest match first, one unknown token for a whole word", () => {
  const encode = bare(wordPiece());
  assertEquals(encode("Otter the!"), [6, 7, 5, 12]);
  assertEquals(encode("otto a"), [1, 9]);
  assertEquals([encode("a".repeat(100)).length, encode("a".repeat(101))], [100, [1]]);
  assertEquals(encode("the\u00a0a\u0000a"), [5, 9, 10]);
});

Deno.test("Metaspace: a blank before every part, the first one, or none", () => {
  const encode = (prepend_scheme: string, split = true) =>
    bare({ ...unigram(false), pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme, split } });
  // ▁a is 6, a is 4, </s> is 2.
  assertEquals(encode("always")("a</s>a"), [6, 2, 6]);
  assertEquals(encode("first")("a</s>a"), [6, 2, 4]);
  assertEquals(encode("first")("</s>a"), [2, 4]);
  assertEquals(encode("never")("a</s>a a"), [4, 2, 4, 6]);
  assertEquals(encode("always", false)("a a"), [6, 6]);
});

Deno.test("many added tokens: the longest first, made and found in linear time", () => {
  const run = (count: number) => {
    const start = performance.now();
    const tokens = Array.from({ length: count }, (_, i) => added(1000 + i, `<x${i}>`, { special: true }));
    const ids = bare(byteLevel([...tokens, added(999, "<x1><x2>")]))("<".repeat(1000) + "<x7><x1><x2><x12>");
    assertEquals(ids.slice(-3), [1007, 999, 1012]);
    return performance.now() - start;
  };
  run(100);
  const [few, many] = [run(4000), run(40_000)];
  assert(many < 40 * few, `4000 tokens took ${few} ms, 40000 took ${many} ms`);
});
