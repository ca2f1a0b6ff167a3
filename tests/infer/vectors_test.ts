/** Vectors as sentence-transformers folders declare them: pooling, projections, unit length, prompt, longest text. */
import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { Encoder } from "../../mod.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import type { Device } from "../../src/op/device.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { gpuTest } from "../support/gpu.ts";
import { denseTensors, moduleList, safetensors, sentenceFolder } from "../support/sentences.ts";

const D = 16;
const texts = ["The otter liked the river", "a time", "Once upon a time there was"];

/** Poolings of rows, each by its definition. */
const poolings: Record<string, (rows: number[][], d: number) => number> = {
  cls: (rows, d) => rows[0][d],
  max: (rows, d) => Math.max(...rows.map((row) => row[d])),
  mean: (rows, d) => rows.reduce((sum, row) => sum + row[d], 0) / rows.length,
  mean_sqrt_len_tokens: (rows, d) => rows.reduce((sum, row) => sum + row[d], 0) / Math.sqrt(rows.length),
  weightedmean: (rows, d) =>
    rows.reduce((sum, row, i) => sum + (i + 1) * row[d], 0) / (rows.length * (rows.length + 1) / 2),
  lasttoken: (rows, d) => rows[rows.length - 1][d],
};
const keyOf = (mode: string) =>
  `pooling_mode_${mode.replace(/^(cls|max|mean|weightedmean)$/, "$1_token" + (mode === "cls" ? "" : "s"))}`;

/** Hidden states of texts, row by row. */
async function hiddenOf(encoder: Encoder, ids: readonly number[]): Promise<number[][]> {
  const { data } = (await encoder.forward([ids])).hidden;
  return ids.map((_, m) => [...data.subarray(m * D, (m + 1) * D)]);
}

/** What a folder makes of the texts, and what the modes make of its hidden states, before other modules. */
async function both(
  files: Record<string, Uint8Array>,
  modes: readonly string[],
  device: Device | "reference" = "reference",
) {
  await using encoder = await Encoder.load(files, { device });
  const { shape: [, width], data } = await encoder.encode(texts);
  const made = texts.map((_, b) => [...data.subarray(b * width, (b + 1) * width)]);
  const pooled = await Promise.all(texts.map(async (text) => {
    const rows = await hiddenOf(encoder, encoder.tokenizer!.encode(text));
    return modes.flatMap((mode) => Array.from({ length: D }, (_, d) => poolings[mode](rows, d)));
  }));
  return { made, pooled };
}

function assertNear(made: readonly number[][], wanted: readonly number[][]): void {
  assertEquals(made.map(({ length }) => length), wanted.map(({ length }) => length));
  made.forEach((vector, b) => vector.forEach((value, i) => assertAlmostEquals(value, wanted[b][i], 2e-5)));
}

const transformer = ["Transformer", ""] as const, pooling = ["Pooling", "1_Pooling"] as const;
const legacy = (...modes: string[]): Json => ({
  word_embedding_dimension: D,
  ...Object.fromEntries(Object.keys(poolings).map((mode) => [keyOf(mode), modes.includes(mode)])),
});
const unit = (vector: number[]) => vector.map((value) => value / Math.hypot(...vector));

Deno.test("vectors: every pooling, in the older form and the newer one", async () => {
  for (const mode of Object.keys(poolings)) {
    const older = { "modules.json": moduleList([transformer, pooling]), "1_Pooling/config.json": legacy(mode) };
    const newer = {
      "modules.json": moduleList([transformer, pooling], true),
      "1_Pooling/config.json": { embedding_dimension: D, pooling_mode: mode, include_prompt: true },
    };
    for (const files of [older, newer]) {
      const { made, pooled } = await both(await sentenceFolder(files), [mode]);
      assertNear(made, pooled);
    }
  }
});

Deno.test("vectors: poolings side by side, a projection, unit length", async () => {
  const dense = {
    in_features: 2 * D,
    out_features: 5,
    bias: true,
    activation_function: "torch.nn.modules.activation.Tanh",
  };
  const [w, bias] = denseTensors(5, 2 * D).map(({ data }) => data);
  const project = (x: number[]) =>
    Array.from(bias, (value, o) => Math.tanh(value + x.reduce((sum, at, i) => sum + at * w[o * 2 * D + i], 0)));
  for (const newer of [false, true]) {
    const modules = moduleList([transformer, pooling, ["Dense", "2_Dense"], ["Normalize", "3_Normalize"]], newer);
    const config = newer ? { embedding_dimension: D, pooling_mode: ["mean", "cls"] } : legacy("mean", "cls");
    const files = await sentenceFolder({
      "modules.json": modules,
      "1_Pooling/config.json": config,
      "2_Dense/config.json": dense,
    }, { "2_Dense/model.safetensors": await safetensors(denseTensors(5, 2 * D)) });
    const { made, pooled } = await both(files, newer ? ["mean", "cls"] : ["cls", "mean"]); // the older form has its own order
    assertNear(made, pooled.map((vector) => unit(project(vector))));
  }
});

gpuTest("vectors: the kernels make the same", async (gpu) => {
  const modules = moduleList([transformer, pooling, ["Normalize", "2_Normalize"]]);
  const files = await sentenceFolder({ "modules.json": modules, "1_Pooling/config.json": legacy("cls", "max") });
  const { made, pooled } = await both(files, ["cls", "max"], gpu);
  assertNear(made, pooled.map(unit));
});

Deno.test("vectors: options of the caller take precedence; without modules the pooling is the mean", async () => {
  const modules = moduleList([transformer, pooling, ["Normalize", "2_Normalize"]]);
  const files = await sentenceFolder({ "modules.json": modules, "1_Pooling/config.json": legacy("cls") });
  await using declared = await Encoder.load(files, { device: "reference" });
  await using bare = await Encoder.load(await sentenceFolder({}), { device: "reference" });
  const same = async (a: Promise<unknown>, b: Promise<unknown>) => assertEquals(await a, await b);
  await same(declared.encode(texts, { normalize: false }), bare.encode(texts, { pooling: "first" }));
  await same(declared.encode(texts, { pooling: "max" }), bare.encode(texts, { pooling: "max", normalize: true }));
  await same(bare.encode(texts), bare.encode(texts, { pooling: "mean", normalize: false }));
  assertEquals([declared.model.widthOf(), declared.model.widthOf({ pooling: ["mean", "max"] })], [D, 2 * D]);
  const message = 'Cannot encode: pooling is "median", expected one of mean, first, last, max';
  await assertRejects(() => declared.encode(texts, { pooling: "median" as never }), RangeError, message);
  await assertRejects(() => declared.encode([""]), RangeError, "it is empty");
});

Deno.test("vectors: the default prompt, lower case, the longest text and the numbers that are kept", async () => {
  const common = { "modules.json": moduleList([transformer, pooling]), "1_Pooling/config.json": legacy("mean") };
  const files = await sentenceFolder({
    ...common,
    "sentence_bert_config.json": { max_seq_length: 9, do_lower_case: true },
    "config_sentence_transformers.json": { prompts: { query: "The " }, default_prompt_name: "query", truncate_dim: 7 },
  });
  await using encoder = await Encoder.load(files, { device: "reference" });
  await using bare = await Encoder.load(await sentenceFolder(common), { device: "reference" });
  const whole = bare.tokenizer!.encode("the otter liked the river and the otter");
  assertEquals(whole.length > 9, true);
  assertEquals(encoder.model.idsOf("otter LIKED the river and the otter"), [...whole.slice(0, 8), whole.at(-1)]);
  assertEquals(encoder.model.idsOf("otter"), bare.tokenizer!.encode("the otter"));
  const { shape, data } = await encoder.encode(["Otter"]);
  const { data: all } = await bare.encode(["the otter"]);
  assertEquals([shape, [...data]], [[1, 7], [...all.subarray(0, 7)]]);
});

Deno.test("vectors: one that is not finite is an error with its text", async () => {
  const files = await sentenceFolder({});
  await using owner = await Encoder.load(files, { device: "reference" });
  const encoder = owner.model;
  const tokens = encoder.tokenizer!;
  const broken = new EncoderModel(encoder.device, encoder.config, await encoder.weights(), tokens);
  const params = await encoder.weights() as unknown as { embedding: { data: Float32Array } };
  const [, id] = tokens.encode("river");
  params.embedding.data.fill(Infinity, id * D, (id + 1) * D);
  const spoilt = new EncoderModel(encoder.device, encoder.config, params as never, tokens);
  assertEquals(await broken.encode(["a time"]), await spoilt.encode(["a time"]));
  const message = "Cannot encode: the numbers of the vector of text 2 are not finite: number 0 is NaN";
  await assertRejects(() => spoilt.encode(["a time", "river"]), Error, message);
});
