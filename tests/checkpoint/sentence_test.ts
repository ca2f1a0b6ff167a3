/** Modules of sentence-transformers folders: unsupported ones are refused by file, key and value. */
import { assertEquals, assertRejects } from "@std/assert";
import { carriedFiles, saveModel } from "../../src/checkpoint/save.ts";
import { readSentence } from "../../src/checkpoint/sentence.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { denseTensors, moduleList, type Modules, safetensors } from "../support/sentences.ts";
import { inFolder, utf8 } from "./support.ts";

const size = { D: 16, maxPositions: 64 };
const list = (...rest: [string, string][]) => moduleList([["Transformer", ""], ["Pooling", "1_Pooling"], ...rest]);
const plain: Modules = {
  "modules.json": list(),
  "1_Pooling/config.json": { word_embedding_dimension: 16, pooling_mode_mean_tokens: true },
};
const files = (modules: Modules, weights: Record<string, Uint8Array> = {}) => ({
  ...Object.fromEntries(Object.entries(modules).map(([name, value]) => [name, utf8(JSON.stringify(value))])),
  ...weights,
});
const read = (modules: Modules, weights?: Record<string, Uint8Array>) =>
  readSentence(openSource(files({ ...plain, ...modules }, weights)), size);
const refused = (modules: Modules, message: string, weights?: Record<string, Uint8Array>) =>
  assertRejects(() => read(modules, weights), Error, `Cannot read the modules of the given files: ${message}`);
const pooling = (json: object) => ({ "1_Pooling/config.json": { word_embedding_dimension: 16, ...json } });

Deno.test("sentence: nothing is declared without modules.json, and defaults hold where keys are absent", async () => {
  assertEquals(await readSentence(openSource({}), size), undefined);
  const common = { steps: [], prompt: "", truncate: undefined, lowerCase: false };
  assertEquals(await read({}), { ...common, poolings: ["mean"], maxTokens: 64 });
  const tokenizer = { "tokenizer_config.json": { model_max_length: 20 } };
  assertEquals((await read({ ...pooling({}), ...tokenizer }))!.maxTokens, 20);
  const settings = { "sentence_bert_config.json": { max_seq_length: 30, do_lower_case: false } };
  assertEquals((await read({ ...tokenizer, ...settings }))!.maxTokens, 30);
  const newest = { "sentence_bert_config.json": { transformer_task: "feature-extraction", modality_config: {} } };
  assertEquals((await read(newest))!.maxTokens, 64);
});

Deno.test("sentence: unknown modules and poolings are refused", async () => {
  const known = "expected one of sentence_transformers' Transformer, Pooling";
  await refused(
    { "modules.json": list(["CNN", "2_CNN"]) },
    `modules.json[2].type is "sentence_transformers.models.CNN", ${known}`,
  );
  const foreign = list().with(1, { idx: 1, name: "1", path: "1_Pooling", type: "pylate.models.Pooling" });
  await refused({ "modules.json": foreign }, `modules.json[1].type is "pylate.models.Pooling", ${known}`);
  await refused({ "modules.json": [] }, "modules.json begins with nothing, expected Transformer, Pooling");
  await refused({ "modules.json": list(["Pooling", "2_Pooling"]) }, "modules.json has a second Pooling");
  await refused(
    { "modules.json": moduleList([["Transformer", "0_Transformer"], ["Pooling", "1_Pooling"]]) },
    "the Transformer is in 0_Transformer",
  );
  const modes = "cls, max, mean, mean_sqrt_len_tokens, weightedmean, lasttoken";
  const poolingRefused = (json: object, message: string) => refused(pooling(json), `1_Pooling/config.json.${message}`);
  await poolingRefused({ pooling_mode: "median" }, `pooling_mode is "median", expected one of ${modes}`);
  await poolingRefused({ pooling_mode_median_tokens: true }, "pooling_mode_median_tokens is unknown");
  await poolingRefused(
    { pooling_mode: "cls", pooling_mode_mean_tokens: true },
    "pooling_mode is cls, but its pooling_mode_… say mean",
  );
  await poolingRefused(
    { pooling_mode_mean_tokens: false, pooling_mode_cls_token: false },
    "pooling_mode_mean_tokens is false, and no other pooling_mode_… is true",
  );
  await poolingRefused({ embedding_dimension: 8 }, "embedding_dimension is 8, the hidden states have 16 numbers");
});

Deno.test("sentence: unsupported text settings are refused", async () => {
  const prompts = (rest: object) => ({ "config_sentence_transformers.json": { prompts: { query: "q: " }, ...rest } });
  await refused(
    prompts({ default_prompt_name: "passage" }),
    'config_sentence_transformers.json.default_prompt_name is "passage", prompts has "query"',
  );
  await refused(
    { ...prompts({ default_prompt_name: "query" }), ...pooling({ include_prompt: false }) },
    '1_Pooling/config.json.include_prompt is false with the default prompt "q: "',
  );
  assertEquals((await read({ ...prompts({}), ...pooling({ include_prompt: false }) }))!.prompt, "");
  await refused(
    prompts({ model_type: "SparseEncoder" }),
    'config_sentence_transformers.json.model_type is "SparseEncoder"',
  );
  const bert = (json: object) => ({ "sentence_bert_config.json": json as Modules[string] });
  await refused(bert({ transformer_task: "fill-mask" }), 'sentence_bert_config.json.transformer_task is "fill-mask"');
  await refused(bert({ max_seq_length: 0 }), "sentence_bert_config.json.max_seq_length is 0");
  await refused(bert({ query_length: 32 }), "sentence_bert_config.json.query_length is unknown");
});

Deno.test("sentence: projections of wrong shapes are refused", async () => {
  const dense = {
    in_features: 16,
    out_features: 3,
    bias: true,
    activation_function: "torch.nn.modules.linear.Identity",
  };
  const weights = { "2_Dense/model.safetensors": await safetensors(denseTensors(3, 16)) };
  const on = (json: object) => ({
    "modules.json": list(["Dense", "2_Dense"]),
    "2_Dense/config.json": { ...dense, ...json },
  });
  assertEquals((await read(on({}), weights))!.steps.map((step) => step !== "normalize" && step.weight.shape), [[
    3,
    16,
  ]]);
  await refused(
    on({ in_features: 8 }),
    "2_Dense/config.json.in_features is 8, the vectors before it have 16 numbers",
    weights,
  );
  await refused(
    on({ activation_function: "torch.nn.modules.activation.Mish" }),
    '2_Dense/config.json.activation_function is "torch.nn.modules.activation.Mish"',
    weights,
  );
  await refused(
    on({ use_residual: true }),
    "2_Dense/config.json.use_residual is true, only false is supported",
    weights,
  );
  await refused(
    on({ module_input_name: "token_embeddings" }),
    '2_Dense/config.json.module_input_name is "token_embeddings"',
    weights,
  );
  await refused(
    on({ out_features: 4 }),
    "linear.weight of 2_Dense/model.safetensors has shape [3,16], expected [4,16]",
    weights,
  );
  await refused(on({ bias: false }), '2_Dense/model.safetensors has "linear.bias", expected linear.weight', weights);
  await refused(on({}), "2_Dense/pytorch_model.bin is a pickle, expected 2_Dense/model.safetensors", {
    "2_Dense/pytorch_model.bin": utf8(""),
  });
});

Deno.test("sentence: modules are copied when a model is saved elsewhere", () =>
  inFolder(async (folder) => {
    const modules = {
      ...plain,
      "modules.json": list(["Dense", "2_Dense"]),
      "2_Dense/config.json": { in_features: 16, out_features: 3 },
    };
    const from = openSource(files(modules, { "2_Dense/model.safetensors": await safetensors(denseTensors(3, 16)) }));
    await saveModel(folder, { json: {}, schema: {}, params: {}, extraFiles: await carriedFiles(from) });
    assertEquals(await readSentence(openSource(folder), size), await readSentence(from, size));
    const names = [...Deno.readDirSync(`${folder}/2_Dense`)].map(({ name }) => name).sort();
    assertEquals(names, ["config.json", "model.safetensors"]);
  }));
