/** `merge`: a loadable checkpoint without experts, a report of the changes, and unchanged input folders. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Decoder, Encoder } from "../../mod.ts";
import { decoderChange, encoderChange } from "../../cli/support/change.ts";
import { readJson } from "../../src/checkpoint/json.ts";
import { openEncoder } from "../../src/checkpoint/open.ts";
import { saveModel } from "../../src/checkpoint/save.ts";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { assertRefused, decoderFolder, encoderFolder, names, run, temporary } from "./support.ts";

const [decoder, encoder] = [await decoderFolder(), await encoderFolder()];
const reference = ["--device", "reference"];
const text = "a cat sat on a mat, and a dog sat on the cat.";

Deno.test("a decoder: measured, written, loaded again", async () => {
  const out = `${temporary()}/merged`;
  const { code, out: printed, err } = await run("merge", [
    "--model",
    decoder,
    "--out",
    out,
    "--text",
    text,
    ...reference,
  ]);
  assertEquals(code, 0, err);
  assertEquals(names(out), ["config.json", "model.safetensors", "tokenizer.json"]);
  await using before = await Decoder.load(decoder, { device: "reference" });
  await using after = await Decoder.load(out, { device: "reference" });
  assertEquals([after.config.mol, after.config.recursion], [undefined, before.config.recursion]);
  const change = await decoderChange(before.model, after.model, [before.tokenizer!.encode(text)]);
  assertStringIncludes(printed, `${change.before.toFixed(4)} nats/token`);
  assertStringIncludes(printed, `${change.after.toFixed(4)} nats/token`);
  assertStringIncludes(printed, change.divergence.toPrecision(3));
  assert(change.divergence > 0);
  const { losses } = await before.forward([before.tokenizer!.encode(text)], { losses: true });
  assert(Math.abs(losses!.lm - change.before) < 1e-5, `${losses!.lm} and ${change.before}`);
});

Deno.test("an encoder, by weights, in half precision", async () => {
  const out = temporary(); // an empty folder is free
  const flags = ["--mode", "factor", "--weights", "0.5,0.25,0.25", "--dtype", "BF16", "--text", text, ...reference];
  const { code, out: printed, err } = await run("merge", ["--model", encoder, "--out", out, ...flags]);
  assertEquals(code, 0, err);
  for (const words of ["factor, weights 0.5, 0.25, 0.25", "cosine of pooled vectors", "change of hidden states"]) {
    assertStringIncludes(printed, words);
  }
  await using after = await Encoder.load(out, { device: "reference" });
  assertEquals(after.config.numExperts, 0);
  const size = async (folder: string) => (await Deno.stat(`${folder}/model.safetensors`)).size;
  assert(await size(out) < 0.6 * await size(encoder));
});

Deno.test("notes of config.json and generation settings go along", async () => {
  for (const model of [await decoderFolder(), await encoderFolder()]) {
    const read = async (path: string) => JSON.parse(await Deno.readTextFile(path));
    const notes = { id2label: { 0: "no" }, my_note: { a: [null, 1] }, transformers_version: "4.57.1" };
    const config = { ...await read(`${model}/config.json`), ...notes, bos_token_id: 3, eos_token_id: 4 };
    await Deno.writeTextFile(`${model}/config.json`, JSON.stringify(config));
    const generation = { temperature: 0.6, bos_token_id: 3, eos_token_id: [5, 6] };
    await Deno.writeTextFile(`${model}/generation_config.json`, JSON.stringify(generation));
    const out = `${temporary()}/merged`;
    const { code, err } = await run("merge", ["--model", model, "--out", out, "--dtype", "BF16", ...reference]);
    assertEquals(code, 0, err);
    const written = await read(`${out}/config.json`);
    for (const [key, value] of Object.entries(notes)) assertEquals(written[key], value, key);
    assertEquals([written.torch_dtype, written.dtype], ["bfloat16", "bfloat16"]);
    const eos = written.model_type === "mor" ? [5, 6] : 4; // of an encoder, which generates nothing
    assertEquals([written.bos_token_id, written.eos_token_id], [3, eos]);
    assertEquals(await read(`${out}/generation_config.json`), generation);
  }
});

Deno.test("a model has no difference from itself", async () => {
  await using first = await Decoder.load(decoder, { device: "reference" });
  const same = await decoderChange(first.model, first.model, [[1, 2, 3], [4]]);
  assertEquals([same.tokens, same.scored, same.divergence, same.sameChoice, same.sameDepth], [4, 2, 0, 1, 1]);
  await using second = await Encoder.load(encoder, { device: "reference" });
  const { meanCosine, leastCosine, hiddenChange } = await encoderChange(second.model, second.model, [[1, 2], [3]]);
  assert(Math.abs(meanCosine - 1) < 1e-12 && Math.abs(leastCosine - 1) < 1e-12);
  assertEquals(hiddenChange, 0);
});

Deno.test("folders in use are refused, and stay unchanged", async () => {
  const out = temporary();
  await Deno.writeTextFile(`${out}/notes.txt`, "mine");
  const merge = (...flags: string[]) => run("merge", ["--model", decoder, "--out", out, ...reference, ...flags]);
  assertStringIncludes(assertRefused(await merge()), "--force");
  assertEquals(names(out), ["notes.txt"]);
  assertEquals((await merge("--force")).code, 0);
  assertEquals(names(out), ["config.json", "model.safetensors", "notes.txt", "tokenizer.json"]);
  await Deno.writeTextFile(`${out}/model.safetensors.index.json`, "{}");
  assertStringIncludes(assertRefused(await merge("--force")), "model.safetensors.index.json");
  const self = await run("merge", ["--model", decoder, "--out", `${decoder}/.`, "--force", ...reference]);
  assertStringIncludes(assertRefused(self), "it is the model that is merged");
  assertRefused(await run("merge", ["--model", decoder, "--out", `${out}/notes.txt`, ...reference]));
});

Deno.test("a merge that is refused while it is written leaves no folder", async () => {
  const model = await decoderFolder();
  const { start } = (await openCheckpoint(model)).entry("model.norm.weight");
  const file = await Deno.open(`${model}/model.safetensors`, { write: true });
  await file.seek(start, Deno.SeekMode.Start);
  await file.write(new Uint8Array(Float32Array.of(1e5).buffer)); // F16 ends at 65504
  file.close();
  const parent = temporary();
  const out = `${parent}/deep/merged`;
  const { code, err } = await run("merge", ["--model", model, "--out", out, "--dtype", "F16", ...reference]);
  assertEquals(code, 1);
  assertStringIncludes(err, 'Cannot write tensor "model.norm.weight": 100000 at index 0');
  assertEquals(names(parent), []);
});

Deno.test("nothing to merge, and the wrong number of weights", async () => {
  const plain = await decoderFolder({ vocab_size: 30 });
  const out = `${temporary()}/merged`;
  const without = await run("merge", ["--model", plain, "--out", out, ...reference]);
  assertStringIncludes(assertRefused(without), "this model has none");
  const two = await run("merge", ["--model", decoder, "--out", out, "--weights", "0.5,0.5", ...reference]);
  assertStringIncludes(assertRefused(two), "expected 3 numbers");
  assertEquals(await Deno.stat(out).then(() => true, () => false), false);
});

Deno.test("an encoder without a head is written without one", async () => {
  const { config, params, json } = await openEncoder(encoder);
  const headless = temporary(), out = `${temporary()}/merged`;
  const schema = { ...encoderSchema(config), head: {} };
  await saveModel(headless, { json, schema, params });
  const { code, err } = await run("merge", ["--model", headless, "--out", out, ...reference]);
  assertEquals(code, 0, err);
  const written = await openCheckpoint(out);
  assertEquals(written.names().filter((name) => /head|decoder/.test(name)), []);
  assertEquals((await readJson(written.source)).architectures, ["ModernAlbertModel"]);
  await using merged = await Encoder.load(out, { device: "reference" });
  assertEquals([merged.model.hasHead, merged.config.numExperts], [false, 0]);
});
