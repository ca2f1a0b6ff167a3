/** Damaged parts around the model, patterns and files: each is one error that names file, key and value. */
import { assertRejects, assertThrows } from "@std/assert";
import { Decoder } from "../../mod.ts";
import { loadTokenizer } from "../../src/infer/load_tokenizer.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { FieldError } from "../../src/model/config/fields.ts";
import { JsonTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { saveStoryDecoder } from "../support/stories.ts";
import { changed, refused } from "./refused.ts";
import { KINDS } from "./support.ts";

Deno.test("normalizers, pre-tokenizers, post-processors and decoders: unknown types, keys and tokens", () => {
  const unknown = { type: "Strange" };
  const step = (key: string, message: string, value: unknown) => refused("llama", `${key}${message}`, { [key]: value });
  for (const key of ["normalizer", "pre_tokenizer", "decoder", "post_processor"]) {
    assertThrows(
      () => new JsonTokenizer(changed("llama", { [key]: unknown })),
      FieldError,
      `${key}.type is "Strange", expected one of `,
    );
    step(key, " is 7, expected an object", 7);
    step(key, ".type is missing", {});
  }
  step("normalizer", ".normalizers[0].prepend is missing", { type: "Sequence", normalizers: [{ type: "Prepend" }] });
  step("normalizer", '.precompiled_charsmap is "%", expected base64', {
    type: "Precompiled",
    precompiled_charsmap: "%",
  });
  step("normalizer", ".precompiled_charsmap has 4 bytes, which do not hold the trie of 255 bytes that they announce", {
    type: "Precompiled",
    precompiled_charsmap: btoa("\xff\0\0\0"),
  });
  step("pre_tokenizer", '.replacement is "▁▁", expected one character', { type: "Metaspace", replacement: "▁▁" });
  step("pre_tokenizer", ".behavior is missing", { type: "Split", pattern: { String: "x" } });
  const nested = (depth: number): unknown =>
    depth === 0 ? { type: "NFC" } : { type: "Sequence", normalizers: [nested(depth - 1)] };
  assertThrows(
    () => new JsonTokenizer(changed("llama", { normalizer: nested(2000) })),
    FieldError,
    "nested too deep, at most 16",
  );
  step("decoder", ".pattern.Regex is unknown, the nearest known key is String", {
    type: "Replace",
    pattern: { Regex: "x" },
    content: "",
  });
  step("post_processor", '.cls[0] is "<cls>", which is not in the vocabulary', {
    type: "BertProcessing",
    sep: ["</s>", 2],
    cls: ["<cls>", 9],
  });
  step("post_processor", '.sep[1] is 9, and the vocabulary has "</s>" as 2', {
    type: "RobertaProcessing",
    sep: ["</s>", 9],
    cls: ["<s>", 1],
  });
  const template = {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<x>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  };
  step("post_processor", '.single[0].SpecialToken.id is "<x>", which is not in post_processor.special_tokens', {
    ...template,
    special_tokens: {},
  });
  step("post_processor", '.special_tokens["<x>"].tokens[0] is "<x>", which is not in the vocabulary', {
    ...template,
    special_tokens: { "<x>": { id: "<x>", ids: [7], tokens: ["<x>"] } },
  });
  step("post_processor", ".single has no place for the text", { ...template, single: [] });
});

Deno.test("patterns that cannot be translated, or take exponential time, are refused", () => {
  const pattern = (Regex: string, message: string) =>
    refused("llama", `pre_tokenizer.pattern.Regex ${message}`, {
      pre_tokenizer: { type: "Split", pattern: { Regex }, behavior: "Isolated" },
    });
  const cannot = (Regex: string, why: string) => pattern(Regex, `cannot be translated: ${why}`);
  cannot("(?:a+)+b", 'it repeats "+" what repeats without a limit itself');
  cannot("((a*)|b){2,}", 'it repeats "{2,}" what repeats without a limit itself');
  cannot("(?>a)", "the group (?>… is not supported");
  cannot("[a&&b]", "&& inside a class is not supported");
  cannot("\\p{Strange}", "the property Strange is unknown");
  cannot("[a", "a class is not closed");
  pattern("a".repeat(20_001), "has 20001 characters, at most 20000 are supported");
});

Deno.test("files that are not JSON, and ids beyond the model's vocabulary", async () => {
  const load = (text: string, V?: number) =>
    loadTokenizer(openSource({ "tokenizer.json": new TextEncoder().encode(text) }), V);
  await assertRejects(() => load('{"model": '), Error, "not valid JSON");
  await assertRejects(() => load("[]"), Error, "expected an object, found an array of 0");
  const json = JSON.stringify(KINDS["byte-level"]());
  await load(json, 278);
  await assertRejects(
    () => load(json, 277),
    FieldError,
    'Cannot read tokenizer.json: added_tokens has the token "    " as 277, and vocab_size is 277',
  );
  await assertRejects(() => load(json, 200), FieldError, "model.vocab has the token ");
  const folder = await Deno.makeTempDir();
  try {
    await saveStoryDecoder(folder);
    await Deno.writeTextFile(`${folder}/tokenizer.json`, json);
    await assertRejects(
      () => Decoder.load(folder, { device: "reference" }),
      FieldError,
      "as 276, and vocab_size is 276",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
