/**
 * Small tokenizers of every kind.
 *
 * @module
 */
import type { Json } from "../../src/model/config/fields.ts";
import { countWords } from "../../src/train/data/bpe.ts";
import { trainTokenizer } from "../../src/train/data/tokenizer_json.ts";

const STORY = "Once upon a time there was a little otter. The otter liked the river, and the river liked the otter.\n";

/** An added token of a `tokenizer.json`. */
export function added(id: number, content: string, flags: Json = {}): Json {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: false, ...flags };
}

/** Bytes with merges, and tokens of two and four blanks, as of many published models. */
export function byteLevel(tokens: readonly Json[] = [added(276, "  "), added(277, "    ")]): Json {
  const counts = new Map<string, number>(), special = ["<|endoftext|>", "[MASK]"];
  countWords(STORY, counts);
  const json = trainTokenizer(counts, 276, { special, begin: "<|endoftext|>", mask: "[MASK]" });
  return { ...json, added_tokens: [...json.added_tokens as Json[], ...tokens] };
}

const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
const special = ["<unk>", "<s>", "</s>"].map((content, id) => added(id, content, { special: true }));
const framed = {
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  pair: [],
  special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
};
const replaced = (pattern: string, content: string) => ({ type: "Replace", pattern: { String: pattern }, content });
const sequence = (decoders: readonly Json[]) => ({ type: "Sequence", decoders });

/** The decoder of Llama 2. */
export const LLAMA_DECODER = sequence([
  ...[replaced("▁", " "), { type: "ByteFallback" }, { type: "Fuse" }],
  { type: "Strip", content: " ", start: 1, stop: 0 },
]);

/** Merges with fallback to bytes, as of Llama 2. */
export function llama(): Json {
  const merges = ["▁ a", "▁ t", "h e", "▁t he", "o t", "t e", "▁ ▁", "▁▁ ▁▁", "n d", "a nd", "▁ and"];
  const pieces = ["▁", ..."abdehnot.,", ...merges.map((merge) => merge.replace(" ", ""))];
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...new Set(pieces)];
  return {
    added_tokens: special,
    normalizer: {
      type: "Sequence",
      normalizers: [{ type: "Prepend", prepend: "▁" }, replaced(" ", "▁")],
    },
    pre_tokenizer: null,
    post_processor: framed,
    decoder: LLAMA_DECODER,
    model: {
      ...{ type: "BPE", dropout: null, unk_token: "<unk>", fuse_unk: true, byte_fallback: true },
      ...{ vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
    },
  };
}

/** Scored pieces; with `fallback` unknown characters become bytes. */
export function unigram(fallback: boolean): Json {
  const scored: [string, number][] = [
    ...[["▁", -2], ["a", -3], ["b", -3.5], ["▁a", -2.5], ["ab", -4], ["▁ab", -4.25], ["the", -3], ["▁the", -2.75]],
    ...[["t", -4], ["h", -4], ["e", -4], [".", -3], ["🙂", -6]],
  ] as [string, number][];
  const fallbacks = fallback ? bytes.map((byte) => [byte, 0] as [string, number]) : [];
  const mark = { type: "Metaspace", replacement: "▁", prepend_scheme: "always" };
  return {
    added_tokens: special,
    normalizer: null,
    pre_tokenizer: { ...mark, split: true },
    post_processor: framed,
    decoder: fallback ? LLAMA_DECODER : mark,
    model: {
      type: "Unigram",
      unk_id: 0,
      byte_fallback: fallback,
      vocab: [["<unk>", 0], ["<s>", 0], ["</s>", 0], ...fallbacks, ...scored],
    },
  };
}

/** Words and their continuations, as of BERT. */
export function wordPiece(): Json {
  const tokens = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "the",
    "ot",
    "##ter",
    "##t",
    "a",
    "##a",
    ".",
    "!",
    "'",
    "s",
    "é",
  ];
  return {
    added_tokens: tokens.slice(0, 5).map((content, id) => added(id, content, { special: true })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      ...{ type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
}

/** Every kind by name. */
export const KINDS: Readonly<Record<string, () => Json>> = {
  "byte-level": byteLevel,
  "llama": llama,
  "unigram": () => unigram(false),
  "unigram with bytes": () => unigram(true),
  "word piece": wordPiece,
};
