/** What `tokenizer_config.json` and `special_tokens_map.json` change. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { loadTokenizer } from "../../src/infer/load_tokenizer.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { FieldError, type Json } from "../../src/model/config/fields.ts";
import { textEncoder } from "../../cli/data/encoder.ts";
import { JsonTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { added, byteLevel, llama, wordPiece } from "./support.ts";

const marks = { bos_token: "<s>", eos_token: { content: "</s>" } };

function refused(json: Json, config: Json, message: string): void {
  const error = assertThrows(() => new JsonTokenizer(json, config), FieldError);
  assertEquals(error.message, `Cannot read tokenizer_config.json: ${message}`);
}

Deno.test("add_bos_token and add_eos_token rebuild the frame; absent keys leave it", () => {
  const bare = new JsonTokenizer(llama()).encode("a", { bare: true });
  const encode = (config: Json, text = "a") => new JsonTokenizer(llama(), { ...marks, ...config }).encode(text);
  const cases: [Json, number[]][] = [
    [{}, [1, ...bare]],
    [{ add_bos_token: true }, [1, ...bare]],
    [{ add_bos_token: false }, bare],
    [{ add_eos_token: true }, [1, ...bare, 2]],
    [{ add_eos_token: false }, [1, ...bare]],
    [{ add_bos_token: false, add_eos_token: true }, [...bare, 2]],
    [{ add_bos_token: false, add_eos_token: false }, bare],
    [{ add_bos_token: null, add_eos_token: true }, [1, ...bare, 2]],
  ];
  for (const name of ["LlamaTokenizer", "LlamaTokenizerFast", "PreTrainedTokenizerFast", undefined]) {
    for (const [config, ids] of cases) {
      assertEquals(encode({ tokenizer_class: name, ...config }), ids, JSON.stringify(config));
    }
  }
  assertEquals(encode({}, "<s>a"), [1, 1, ...bare]); // as the fast tokenizers: no second look at the text
  const { before, after } = textEncoder(llama(), { ...marks, add_bos_token: false, add_eos_token: true }).frame;
  assertEquals([before, after], [[], [2]]);
});

Deno.test("a missing token of the frame is one error", () => {
  refused(llama(), { add_bos_token: true }, "bos_token is missing, and add_bos_token is true");
  refused(
    llama(),
    { add_eos_token: true, eos_token: "<e>" },
    'eos_token is "<e>", which is not in the vocabulary, and add_eos_token is true',
  );
  refused(llama(), { ...marks, add_bos_token: 1 }, "add_bos_token is 1, expected true or false");
  new JsonTokenizer(llama(), { add_bos_token: false, bos_token: null });
});

Deno.test("special_tokens_map.json names the tokens that tokenizer_config.json does not", async () => {
  const file = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
  const load = (config: Json, map: Json) =>
    loadTokenizer(
      openSource({
        "tokenizer.json": file(byteLevel()),
        "tokenizer_config.json": file(config),
        "special_tokens_map.json": file(map),
      }),
    );
  const eos = { eos_token: "<|endoftext|>" }, mask = { mask_token: { content: "    " } };
  assertEquals((await load({ add_eos_token: true }, eos))!.encode("").at(-1), 0);
  assertEquals((await load({}, mask))!.mask, { text: "    ", id: 277 });
  assertEquals((await load({ mask_token: "[MASK]" }, mask))!.mask, { text: "[MASK]", id: 1 });
  const damaged = "Cannot read special_tokens_map.json: mask_token is 5, expected a text";
  await assertRejects(() => load({}, { mask_token: 5 }), FieldError, damaged);
});

Deno.test("special tokens of the configuration are special: found in texts, left out of decoded ones", () => {
  const listed = new JsonTokenizer(byteLevel(), { additional_special_tokens: ["    "] });
  assertEquals([new JsonTokenizer(byteLevel()).decode([277, 66]), listed.decode([277, 66])], ["    a", "a"]);
  const json = { ...llama(), added_tokens: [] };
  assertEquals(new JsonTokenizer(json, marks).encode("a</s>", { bare: true }).at(-1), 2);
  refused(
    byteLevel(),
    { additional_special_tokens: ["<new>"] },
    'additional_special_tokens[0] is "<new>", which is not in the vocabulary',
  );
  refused(llama(), { split_special_tokens: true }, "split_special_tokens is true, only false is supported");
});

Deno.test("added_tokens_decoder adds tokens, and must not contradict", () => {
  const { id: _, ...token } = added(278, "<x>", { special: true });
  const encode = (config: Json, text: string) => new JsonTokenizer(byteLevel(), config).encode(text, { bare: true });
  assertEquals(encode({ added_tokens_decoder: { 278: token } }, "<x>"), [278]);
  refused(
    byteLevel(),
    { added_tokens_decoder: { 276: token } },
    'added_tokens_decoder.276 has content "<x>", and tokenizer.json has "  "',
  );
  const blank = { ...token, content: "  ", special: false, lstrip: true };
  refused(
    byteLevel(),
    { added_tokens_decoder: { 276: blank } },
    "added_tokens_decoder.276 has lstrip true, and tokenizer.json has false",
  );
  refused(
    byteLevel(),
    { added_tokens_decoder: { 66: token } },
    'added_tokens_decoder.66 is "<x>", and tokenizer.json has "a" as 66',
  );
  for (const flags of [{ special: true }, { normalized: false }, {}]) {
    const empty = { added_tokens_decoder: { 278: { content: "", ...flags } } };
    refused(byteLevel(), empty, "added_tokens_decoder.278.content is empty");
  }
  for (const [id, path] of [["", '[""]'], ["0x116", ".0x116"], ["1e9", ".1e9"], ["67108864", ".67108864"]]) {
    const message = `added_tokens_decoder${path} is not named by an id from 0 to 67108863`;
    refused(byteLevel(), { added_tokens_decoder: { [id]: token } }, message);
  }
});

Deno.test("an empty special token is found nowhere", () => {
  const json = byteLevel(), { vocab } = json.model as { vocab: Record<string, number> };
  const withEmpty = { ...json, model: { ...json.model as Json, vocab: { ...vocab, "": 290 } } };
  const ids = new JsonTokenizer(json).encode("ab");
  for (const config of [{ bos_token: "" }, { additional_special_tokens: [""] }]) {
    assertEquals(new JsonTokenizer(withEmpty, config).encode("ab"), ids);
  }
});

Deno.test("add_prefix_space and BERT's keys change ids, or are refused where the file contradicts", () => {
  const [plain, prefixed] = [{}, { add_prefix_space: true }].map((config) => new JsonTokenizer(byteLevel(), config));
  assertEquals(prefixed.encode("the"), plain.encode(" the"));
  new JsonTokenizer(llama(), { add_prefix_space: true });
  refused(
    llama(),
    { add_prefix_space: false },
    "add_prefix_space is false, and tokenizer.json has true (normalizer and pre_tokenizer)",
  );
  const bert = (config: Json, text: string) => new JsonTokenizer(wordPiece(), config).encode(text, { bare: true });
  assertEquals([bert({}, "The"), bert({ do_lower_case: false }, "The")], [[5], [1]]);
  assertEquals([bert({}, "é"), bert({ strip_accents: false }, "é")], [[1], [15]]);
  refused(llama(), { do_lower_case: true }, "do_lower_case is true, and tokenizer.json has false (normalizer)");
});

Deno.test("clean_up_tokenization_spaces decides about blanks before marks", () => {
  const ids = new JsonTokenizer(byteLevel()).encode("a . ' b n't 's");
  const decode = (config: Json) => new JsonTokenizer(byteLevel(), config).decode(ids);
  assertEquals(decode({}), "a . ' b n't 's");
  assertEquals(decode({ clean_up_tokenization_spaces: false }), "a . ' b n't 's");
  assertEquals(decode({ clean_up_tokenization_spaces: true }), "a.'bn't's");
});
