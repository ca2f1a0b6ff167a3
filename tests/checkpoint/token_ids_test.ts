import { assertEquals, assertRejects } from "@std/assert";
import { openDecoder, openEncoder } from "../../src/checkpoint/open.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { bertForm as bert, bertShapes, files, llamaForm as llama, llamaShapes, V } from "../support/form_files.ts";
import { utf8 } from "./support.ts";

const bytes = (more: Record<string, Json>) =>
  Object.fromEntries(Object.entries(more).map(([name, json]) => [`${name}.json`, utf8(JSON.stringify(json))]));

async function ends(json: Json, more: Record<string, Json> = {}) {
  const { config: { bos, eos } } = await openDecoder({ ...files({ ...llama, ...json }, llamaShapes), ...bytes(more) });
  return [bos, eos];
}

const ids = (bos: unknown, eos: unknown) => ({ bos_token_id: bos, eos_token_id: eos });
const tokenizer = {
  tokenizer_config: { bos_token: "<s>", eos_token: { content: "<end>", lstrip: false } },
  tokenizer: { model: { vocab: { a: 0, "<s>": 5 } }, added_tokens: [{ id: 6, content: "<end>" }] },
};

Deno.test("texts end as generation_config.json says, else config.json, its class, the tokenizer", async () => {
  const generation = (bos: unknown, eos: unknown) => ({ generation_config: ids(bos, eos) });
  assertEquals(await ends(ids(3, 4), { ...generation(7, [8, 9]), ...tokenizer }), [7, [8, 9]]);
  assertEquals(await ends(ids(3, 4), { ...generation(undefined, 8), ...tokenizer }), [3, [8]]);
  assertEquals(await ends(ids(3, 4), { generation_config: { temperature: 1 }, ...tokenizer }), [3, [4]]);
  assertEquals(await ends(ids(3, [4, 2]), tokenizer), [3, [4, 2]]);
  assertEquals(await ends({}, tokenizer), [1, [2]]); // LlamaConfig
  assertEquals(await ends(ids(null, null), tokenizer), [5, [6]]);
  assertEquals(await ends(ids(null, null)), [undefined, []]);
  const decoder = { added_tokens_decoder: { 11: { content: "<s>" }, 12: { content: "<end>" } } };
  const listed = { ...tokenizer, tokenizer_config: { ...tokenizer.tokenizer_config, ...decoder } };
  assertEquals(await ends(ids(null, null), listed), [11, [12]]);
  const map = { special_tokens_map: tokenizer.tokenizer_config, tokenizer: tokenizer.tokenizer };
  assertEquals(await ends(ids(null, null), map), [5, [6]]);
  const unigram = { tokenizer_config: { eos_token: "b" }, tokenizer: { model: { vocab: [["a", 0], ["b", -1]] } } };
  assertEquals(await ends(ids(null, null), unigram), [undefined, [1]]);
  assertEquals(await ends({ model_type: "mor" }, tokenizer), [5, [6]]); // no class of others, no defaults
});

Deno.test("the class's default is used only if the vocabulary has it", async () => {
  const { config } = await openEncoder({ ...files(bert, bertShapes), ...bytes(encoderTokens) }, { head: "optional" });
  assertEquals(config.ids, { pad: 3, bos: 3, eos: 3, cls: 1, sep: 2 }); // the padding where nothing is known
  const json = { ...bert, pad_token_id: 9, cls_token_id: 8 };
  const given = await openEncoder({ ...files(json, bertShapes), ...bytes(encoderTokens) }, { head: "optional" });
  assertEquals(given.config.ids, { pad: 9, bos: 9, eos: 9, cls: 8, sep: 2 });
});

const encoderTokens = {
  tokenizer_config: { cls_token: "[CLS]", sep_token: "[SEP]", pad_token: "[PAD]", eos_token: "gone" },
  tokenizer: { model: { vocab: { "[CLS]": 1, "[SEP]": 2, "[PAD]": 3 } } },
};

Deno.test("an id outside the vocabulary names file and key", async () => {
  const outside = `is ${V}, and the vocabulary has ${V} tokens`;
  for (const key of ["bos_token_id", "eos_token_id"]) {
    const config = `Cannot read config.json of the given files: config.${key} ${outside}`;
    await assertRejects(() => ends({ [key]: V }), RangeError, config);
    const generation = "Cannot read generation_config.json of the given files: generation_config.";
    await assertRejects(
      () => ends({}, { generation_config: { [key]: V } }),
      RangeError,
      `${generation}${key} ${outside}`,
    );
  }
  await assertRejects(() => ends({ eos_token_id: [1, V] }), RangeError, `eos_token_id is [1,${V}], and the vocabulary`);
  await assertRejects(() => ends({ eos_token_id: "</s>" }), RangeError, 'eos_token_id is "</s>"');
  await assertRejects(() => ends({ bos_token_id: [1, 2] }), RangeError, "bos_token_id is [1,2], expected one id");
  for (const name of ["pad", "bos", "eos", "cls", "sep"]) {
    const open = () => openEncoder(files({ ...bert, [`${name}_token_id`]: 50283 }, bertShapes), { head: "optional" });
    await assertRejects(open, RangeError, `config.${name}_token_id is 50283, and the vocabulary has ${V} tokens`);
  }
});
