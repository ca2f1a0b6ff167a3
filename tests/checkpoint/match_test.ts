import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { nativeLayout } from "../../src/checkpoint/layout.ts";
import { openDecoder } from "../../src/checkpoint/open.ts";
import { encodeSafetensors, type TensorToWrite } from "../../src/checkpoint/write.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { join, utf8 } from "./support.ts";
import { anyFields, decoderFields, freshDecoder, openTensors, tensorsOf } from "./support_models.ts";

const fields = decoderFields({}, 2);
const config = parseDecoderConfig(fields);
const params = freshDecoder(config, 3);
const tensors = () => tensorsOf(config, params, nativeLayout);
const vector = (name: string, size: number, value = 0): TensorToWrite => {
  return { name, shape: [size], data: new Float32Array(size).fill(value) };
};
const embedding = tensors().find(({ name }) => name.includes("embed_tokens"))!;
const NORM = "model.norm.weight";

Deno.test("mismatches are listed in one error before any tensor is read", async () => {
  const changed = tensors().filter(({ name }) => name !== NORM && name !== "model.layers.1.mlp.up_proj.weight")
    .map((tensor) => tensor.name === embedding.name ? { ...tensor, shape: [8, 11] } : tensor);
  const ints = { name: "model.layers.0.input_layernorm.weight", shape: [8], data: new Int32Array(8) };
  const others = changed.filter(({ name }) => name !== ints.name);
  const error = await assertRejects(() => openTensors([...others, ints, vector("extra.bias", 3)], fields), Error);
  assertEquals(error.message.split("\n").map((line) => line.trim()), [
    "Cannot load the given files: its tensors are not the model's (native names), 2 missing, 1 unexpected, 2 misshapen",
    'missing: "model.layers.1.mlp.up_proj.weight" [6, 8]',
    '"model.norm.weight" [8]',
    'unexpected: "extra.bias" [3]',
    'misshapen: "model.embed_tokens.weight" is [8, 11], expected [11, 8]',
    '"model.layers.0.input_layernorm.weight" is [8] of I32, expected [8] of floats',
  ]);
});

Deno.test("long lists end with a count", async () => {
  const many = Array.from({ length: 25 }, (_, index) => vector(`extra.${index}`, 1));
  const error = await assertRejects(() => openTensors([...tensors(), ...many], fields), Error, "… and 15 more");
  assertEquals(error.message.split("\n").length, 12);
});

Deno.test("prefixes are stripped where names match so, in any order and number", async () => {
  const prefix = fc.array(fc.constantFrom("module.", "student.", "model."), { maxLength: 3 }).map((parts) =>
    parts.join("")
  );
  await fc.assert(
    fc.asyncProperty(prefix, fc.boolean(), async (before, base) => {
      const renamed = tensors().map((tensor) => {
        return { ...tensor, name: before + (base ? tensor.name.replace(/^model\./, "") : tensor.name) };
      });
      assertEquals((await openTensors(renamed, fields)).params, params);
    }),
    { numRuns: 30 },
  );
});

Deno.test("of two matching tensors an exact name has priority; otherwise both are listed", async () => {
  const exact = [...tensors(), vector(`student.${NORM}`, 8)];
  await assertRejects(() => openTensors(exact, fields), Error, 'unexpected: "student.model.norm.weight"');
  const others = tensors().filter(({ name }) => name !== NORM);
  const two = [...others, vector(`student.${NORM}`, 8), vector(`module.${NORM}`, 8)];
  await assertRejects(() => openTensors(two, fields), Error, "1 missing, 2 unexpected");
  await assertRejects(() => openTensors([...tensors(), vector(`teacher.${NORM}`, 8)], fields), Error, "1 unexpected");
});

Deno.test("buffers that the configuration determines are ignored", async () => {
  const buffers = ["model.layers.0.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq"];
  const extra = [...buffers.map((name) => vector(name, 2)), {
    name: "model.embeddings.position_ids",
    shape: [2],
    data: new Int32Array(2),
  }];
  assertEquals((await openTensors([...tensors(), ...extra], fields)).params, params);
});

Deno.test("config.json says whether the head is tied; a recursive decoder's without it is, unless it has one", async () => {
  const head = (value: number) => ({
    ...embedding,
    name: "lm_head.weight",
    data: embedding.data.map((x) => x + value),
  });
  const tied = { ...fields, tie_word_embeddings: true };
  const open = async (extra: TensorToWrite[], json = fields) =>
    (await openTensors([...tensors(), ...extra], json)).config;
  assertEquals((await open([])).tied, true);
  const missing = 'missing: "lm_head.weight" [11, 8] (tie_word_embeddings is not true)';
  await assertRejects(() => open([], { ...fields, tie_word_embeddings: false }), Error, missing);
  assertEquals((await open([head(1)], { ...fields, tie_word_embeddings: false })).tied, false);
  const llama = { ...fields, recursion: undefined, model_type: "llama" }; // the class says false
  await assertRejects(() => open([], llama), Error, missing);
  assertEquals([(await open([head(1)], llama)).tied, (await open([], { ...llama, ...tied })).tied], [false, true]);
  assertEquals((await open([head(0)])).tied, false);
  assertEquals((await open([head(0)], tied)).tied, true);
  const both = '"model.embed_tokens.weight" and "lm_head.weight": they are one tensor of the model ' +
    "(tie_word_embeddings is true) but differ by up to 1";
  await assertRejects(() => open([head(1)], tied), Error, both);
  assertEquals((await open([{ ...head(0), name: "module.lm_head.weight" }])).tied, false);
  const narrow = { ...vector("lm_head.weight", 80), shape: [10, 8] };
  await assertRejects(() => open([narrow]), Error, '"lm_head.weight" is [10, 8], expected [11, 8]');
});

Deno.test("a decoder of any kind is the same out of one file and out of shards", async () => {
  await fc.assert(
    fc.asyncProperty(anyFields, fc.nat(1e6), fc.integer({ min: 1, max: 4 }), async (fields, seed, shards) => {
      const config = parseDecoderConfig(fields);
      const params = freshDecoder(config, seed);
      const all = tensorsOf(config, params, nativeLayout);
      const name = (index: number) => `part-${index % shards}.safetensors`;
      const parts = Array.from({ length: shards }, (_, shard) => all.filter((_, index) => index % shards === shard));
      const weight_map = Object.fromEntries(all.map((tensor, index) => [tensor.name, name(index)]));
      const seen: number[] = [];
      const files = {
        ...Object.fromEntries(parts.map((part, shard) => [name(shard), join(encodeSafetensors(part))])),
        "model.safetensors.index.json": utf8(JSON.stringify({ weight_map })),
        "config.json": utf8(JSON.stringify(fields)),
      };
      const opened = await openDecoder(files, { onProgress: ({ loaded, total }) => seen.push(loaded / total) });
      assertEquals([opened.config, opened.params], [config, params]);
      assertEquals([seen.at(-1), seen.every((part, i) => i === 0 || part >= seen[i - 1])], [1, true]);
      assertEquals((await openTensors(all, fields)).params, params);
    }),
    { numRuns: 40 },
  );
});

Deno.test("an abort ends loading; a senseless number of layers is refused", async () => {
  const files = {
    "config.json": utf8(JSON.stringify(fields)),
    "model.safetensors": join(encodeSafetensors(tensors())),
  };
  const stop = new AbortController();
  const open = openDecoder(files, { signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) });
  await assertRejects(() => open, Error, "enough");
  const many = { ...fields, num_hidden_layers: 2 ** 31 - 1 };
  await assertRejects(
    () => openTensors(tensors(), many),
    Error,
    "config.num_hidden_layers is 2147483647, expected a whole number from 1 to 10000",
  );
});
