import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from "../../src/checkpoint/halves.ts";
import { authorsLayout } from "../../src/checkpoint/layout.ts";
import { openDecoder, openEncoder } from "../../src/checkpoint/open.ts";
import { carriedFiles, saveModel } from "../../src/checkpoint/save.ts";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import { decoderJson, parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { mapParams } from "../../src/model/parameters.ts";
import { GOLDEN, goldenNames } from "../support/golden.ts";
import { inFolder, utf8 } from "./support.ts";
import { anyFields, decoderFields, freshDecoder, routedFields, sharedFields } from "./support_models.ts";

for (const name of goldenNames) {
  Deno.test(`golden ${name}: loads, and saves every tensor bit by bit`, () =>
    inFolder(async (folder) => {
      const url = new URL(`${name}/`, GOLDEN);
      const encoder = name.startsWith("modern");
      const { json, params, schema, checkpoint } = encoder
        ? await openEncoder(url).then((opened) => ({ ...opened, schema: encoderSchema(opened.config) }))
        : await openDecoder(url).then((opened) => ({ ...opened, schema: decoderSchema(opened.config) }));
      await saveModel(folder, { json, schema, params, extraFiles: await carriedFiles(checkpoint.source) });
      const saved = await openCheckpoint(folder);
      assertEquals(saved.names().sort(), checkpoint.names().sort());
      for (const tensor of saved.names()) {
        const bits = async (from: typeof saved) => new Uint8Array((await from.read(tensor)).buffer);
        assertEquals(saved.entry(tensor).shape, checkpoint.entry(tensor).shape, tensor);
        assertEquals(await bits(saved), await bits(checkpoint), tensor);
      }
      const hasTokenizer = await checkpoint.source.has("tokenizer.json");
      assertEquals(await saved.source.has("tokenizer.json"), hasTokenizer);
    }));
}

Deno.test("a decoder of any kind survives saving and loading, in our layout and in the authors'", async () => {
  const routedOrShared = fc.oneof(routedFields, sharedFields);
  const cases = fc.oneof(fc.tuple(anyFields, fc.constant(false)), fc.tuple(routedOrShared, fc.constant(true)));
  await fc.assert(
    fc.asyncProperty(cases, fc.nat(1e6), ([fields, authors], seed) =>
      inFolder(async (folder) => {
        const config = parseDecoderConfig(fields);
        const params = freshDecoder(config, seed);
        const layout = authors ? authorsLayout(config) : undefined;
        await saveModel(folder, { json: decoderJson(config), schema: decoderSchema(config), params, layout });
        const opened = await openDecoder(folder);
        assertEquals([opened.config, opened.params], [config, params]);
        assertEquals(opened.checkpoint.metadata.format, "pt");
        if (authors) assertEquals(opened.json.model_type, "llama");
      })),
    { numRuns: 60 },
  );
});

Deno.test("the authors' trainer finds every tensor of every recursion", () =>
  inFolder(async (folder) => {
    const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert" };
    const config = parseDecoderConfig(decoderFields(recursion, 8));
    const model = { json: decoderJson(config), schema: decoderSchema(config), params: freshDecoder(config, 1) };
    await saveModel(folder, { ...model, layout: authorsLayout(config) });
    const names = (await openCheckpoint(folder)).names();
    const perLayer = 9;
    assertEquals(names.length, 8 * perLayer + 3 + 2); // unrolled layers, routers, embedding and final norm
    for (const r of [1, 2, 3]) {
      assertEquals(names.filter((name) => name.startsWith(`model.layers.${r}.block.`)).length, 2 * perLayer);
      assertEquals(names.includes(`model.layers.${r}.mor_router.router.weight`), true);
    }
    assertEquals(names.filter((name) => name.startsWith("model.layers.4.")).length, perLayer);
  }));

Deno.test("halves are rounded to nearest even, doubles to floats", () =>
  inFolder(async (folder) => {
    const config = parseDecoderConfig(decoderFields({}, 1));
    const schema = decoderSchema(config);
    const params = freshDecoder(config, 5);
    const change = (f: (x: Float32Array) => HostTensor["data"]) =>
      mapParams<HostTensor, HostTensor>(schema, (_, { shape, data }) =>
        hostTensor(shape, f(data as Float32Array)), params);
    const expected = {
      F16: change((x) =>
        f16ToF32(f32ToF16(x))
      ),
      BF16: change((x) => bf16ToF32(f32ToBf16(x))),
      F32: params,
    };
    for (const dtype of ["F16", "BF16", "F32"] as const) {
      const json = decoderJson(config);
      await saveModel(folder, { json, schema, params: change((x) => Float64Array.from(x)), dtype });
      const opened = await openDecoder(folder);
      assertEquals(opened.params, expected[dtype]);
      assertEquals(opened.checkpoint.entry("model.norm.weight").dtype, dtype);
    }
  }));

Deno.test("tokenizer files go along; a model that does not fit leaves the folder as it was", () =>
  inFolder(async (folder) => {
    const config = parseDecoderConfig(decoderFields({}, 1));
    const schema = decoderSchema(config);
    const params = freshDecoder(config, 5);
    const large = new Uint8Array(3e6).map((_, index) => index % 251);
    const source = openSource({ "tokenizer.json": large, "merges.txt": utf8("a b"), "training.log": utf8("x") });
    const model = { json: decoderJson(config), schema, params };
    await saveModel(`${folder}/made`, { ...model, extraFiles: await carriedFiles(source) });
    const names = () => [...Deno.readDirSync(`${folder}/made`)].map(({ name }) => name).sort();
    assertEquals(names(), ["config.json", "merges.txt", "model.safetensors", "tokenizer.json"]);
    assertEquals(await Deno.readFile(`${folder}/made/tokenizer.json`), large);
    const before = await Deno.readFile(`${folder}/made/model.safetensors`);
    const save = (wrong: unknown) => saveModel(`${folder}/made`, { ...model, params: wrong, json: {} });
    const narrow = { ...params, norm: hostTensor([2], [1, 2]) };
    const why = `Cannot save ${folder}/made: the parameter of "model.norm.weight" has shape [2], expected [8]`;
    assertEquals((await assertRejects(() => save(narrow), Error)).message, why);
    await assertRejects(() => save({ ...params, norm: undefined }), Error, "is missing, expected [8]");
    assertEquals(await Deno.readFile(`${folder}/made/model.safetensors`), before);
  }));
