import { assert, assertEquals, assertRejects } from "@std/assert";
import { openEncoder } from "../../src/checkpoint/open.ts";
import { encodeSafetensors, type TensorToWrite } from "../../src/checkpoint/write.ts";
import type { HostTensor } from "../../src/op/device.ts";
import { parseEncoderConfig } from "../../src/model/config/encoder_json.ts";
import { type EncoderParams, encoderSchema } from "../../src/model/encoder_schema.ts";
import { initialize } from "../../src/model/init.ts";
import { mapParams } from "../../src/model/parameters.ts";
import { join, utf8 } from "./support.ts";

const modernBert = {
  model_type: "modernbert",
  hidden_size: 8,
  intermediate_size: 6,
  num_attention_heads: 2,
  num_hidden_layers: 3,
  vocab_size: 11,
};
const modernAlbert = {
  model_type: "modernalbert",
  hidden_size: 8,
  intermediate_size: 6,
  expert_intermediate_size: 10,
  embedding_size: 4,
  num_attention_heads: 2,
  num_hidden_layers: 4,
  group_depth: 2,
  num_expert_modules: 1,
  num_experts: 3,
  top_k: 1,
  lora_rank: 2,
  vocab_size: 11,
};

/** Fresh weights of an encoder, and its tensors under the schema's names. */
function fresh(fields: Record<string, unknown>) {
  const schema = encoderSchema(parseEncoderConfig(fields));
  const params = initialize<EncoderParams<HostTensor>>(schema, 4);
  const tensors: TensorToWrite[] = [];
  mapParams<HostTensor, void>(schema, ({ parts: [{ name, shape }] }, { data }) => {
    tensors.push({ name, shape, data: data as Float32Array });
  }, params);
  return { params, tensors };
}

function open(fields: unknown, tensors: TensorToWrite[], head?: "required" | "optional") {
  const files = { "config.json": utf8(JSON.stringify(fields)), "model.safetensors": join(encodeSafetensors(tensors)) };
  return openEncoder(files, { head });
}

const rename = (tensors: TensorToWrite[], change: (name: string) => string) =>
  tensors.map((tensor) => ({ ...tensor, name: change(tensor.name) }));
const isHead = ({ name }: TensorToWrite) => /^(?:head|decoder)\./.test(name);

Deno.test("encoders of both families load under their own names and behind a wrapper's prefix", async () => {
  for (const fields of [modernAlbert, modernBert]) {
    const { params, tensors } = fresh(fields);
    for (const prefix of ["", "student.", "module.model."]) {
      const opened = await open(fields, rename(tensors, (name) => prefix + name));
      assertEquals([opened.params, opened.hasHead], [params, true]);
    }
  }
});

Deno.test("ModernBERT's names are those of its published files", () => {
  const names = fresh(modernBert).tensors.map(({ name }) => name);
  assert(names.includes("model.embeddings.tok_embeddings.weight"));
  assert(names.includes("model.layers.1.attn_norm.weight") && !names.includes("model.layers.0.attn_norm.weight"));
  for (const name of ["attn.Wqkv", "attn.Wo", "mlp_norm", "mlp.Wi", "mlp.Wo"]) {
    assert(names.includes(`model.layers.2.${name}.weight`));
  }
  assertEquals(names.filter((name) => !name.startsWith("model.")), [
    "head.dense.weight",
    "head.norm.weight",
    "decoder.bias",
  ]);
});

Deno.test("a base model loads where its head is optional, with and without model.", async () => {
  const { params, tensors } = fresh(modernBert);
  const base = tensors.filter((tensor) => !isHead(tensor));
  for (const prefix of ["", "model."]) {
    const named = rename(base, (name) => name.replace(/^model\./, prefix));
    const opened = await open(modernBert, named, "optional");
    assertEquals(opened.hasHead, false);
    assertEquals({ ...opened.params, head: params.head }, params);
    assertEquals(opened.params.head.dense.shape, params.head.dense.shape);
    await assertRejects(() => open(modernBert, named), Error, 'missing: "head.dense.weight" [8, 8]');
  }
  assertEquals((await open(modernBert, tensors, "optional")).hasHead, true);
});

Deno.test("a classifier's file has no masked-language head, and its classifier head is ignored", async () => {
  const { tensors } = fresh(modernBert);
  const classifier = ["classifier.weight", "classifier.bias"].map((name) => {
    return { name, shape: [2], data: new Float32Array(2) };
  });
  const file = [...tensors.filter(({ name }) => name !== "decoder.bias"), ...classifier];
  assertEquals((await open(modernBert, file, "optional")).hasHead, false);
  await assertRejects(() => open(modernBert, file), Error, '1 missing\n  missing: "decoder.bias" [11]');
});

Deno.test("an untied head needs its own matrix, whose absence is reported", async () => {
  for (const fields of [modernAlbert, modernBert]) {
    const untied = { ...fields, tie_word_embeddings: false };
    const { params, tensors } = fresh(untied);
    const opened = await open(untied, tensors);
    assertEquals([opened.params, opened.config.tied], [params, false]);
    const without = tensors.filter(({ name }) => name !== "decoder.weight");
    const missing = `missing: "decoder.weight" [11, ${opened.config.J}] (tie_word_embeddings is not true)`;
    await assertRejects(() => open(untied, without), Error, missing);
    assertEquals((await open(untied, without, "optional")).hasHead, false);
    const tied = 'and "decoder.weight": they are one tensor of the model (tie_word_embeddings is true) but differ';
    await assertRejects(() => open(fields, tensors), Error, tied);
  }
});

Deno.test("a decoder that repeats the embedding must repeat its numbers", async () => {
  const { params, tensors } = fresh(modernBert);
  const { shape, data } = tensors.find(({ name }) => name.includes("tok_embeddings"))!;
  const decoder = (by: number) => ({ name: "decoder.weight", shape, data: (data as Float32Array).map((x) => x + by) });
  assertEquals((await open(modernBert, [...tensors, decoder(0)])).params, params);
  const why = 'Cannot load "model.embeddings.tok_embeddings.weight" and "decoder.weight": they are one tensor';
  await assertRejects(() => open(modernBert, [...tensors, decoder(1)]), Error, why);
});
