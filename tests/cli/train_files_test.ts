/** The files beside the weights that `train` writes. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Json } from "../../src/model/config/fields.ts";
import { smallTraining } from "../support/training_run.ts";
import { decoderFolder, run, temporary } from "./support.ts";

const { model, ...training } = smallTraining;
const { bos_token_id: _, eos_token_id: __, ...sizes } = model as Json;
const read = async (path: string) => JSON.parse(await Deno.readTextFile(path));

/** Runs one step; the folder of the model. */
async function trained(changes: Json): Promise<string> {
  const folder = temporary();
  const text = Array.from({ length: 90 }, (_, i) => `a cat sat on ${i} dogs.`).join("\n\n");
  await Deno.writeTextFile(`${folder}/text.txt`, text);
  const data = {
    ...{ train: [{ from: "text.txt", documents: "blank-lines" }], held_out: 0.2, tokenizer: { train: 264 } },
    ...{ sequence_length: 8, batch: 2, end_token: false },
  };
  const json = { ...training, data, steps: 1, capacity_warmup: 0, device: "reference", out: "out", ...changes };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(json));
  const { code, err } = await run("train", [`${folder}/config.json`], { env: { XDG_CACHE_HOME: temporary() } });
  assertEquals(code, 0, err);
  return `${folder}/out`;
}

Deno.test("train: texts end with the run's token, notes and generation settings are the source's", async () => {
  const source = await decoderFolder({ ...sizes, vocab_size: 280 }, false);
  await Deno.writeTextFile(`${source}/generation_config.json`, '{"temperature": 0.6, "eos_token_id": 7}');
  const notes = { id2label: { 0: "no" }, transformers_version: "4.57.1" };
  for (const type of ["mor", "llama"]) { // the class's default is not the run's end
    const changed = { ...sizes, ...notes, vocab_size: 280, model_type: type };
    const out = await trained({ model: changed, start: { from: source } });
    const written = await read(`${out}/config.json`);
    const { bos_token_id, eos_token_id, id2label, transformers_version } = written;
    assertEquals({ id2label, transformers_version }, notes);
    const { added_tokens } = await read(`${out}/tokenizer.json`);
    const end = added_tokens.find(({ content }: { content: string }) => content === "<|endoftext|>").id;
    assertEquals([bos_token_id, eos_token_id], [end, end]);
    const generation = { temperature: 0.6, bos_token_id: end, eos_token_id: end };
    assertEquals(await read(`${out}/generation_config.json`), generation);
  }
});

Deno.test("train: one text file and a model are a whole configuration", async () => {
  const folder = temporary();
  await Deno.writeTextFile(`${folder}/my.txt`, "The otter swam a river, and the river liked the otter. ".repeat(40));
  const sizes = { hidden_size: 8, intermediate_size: 8, num_attention_heads: 2, num_hidden_layers: 2, vocab_size: 300 };
  await Deno.writeTextFile(`${folder}/a.json`, JSON.stringify({ model: sizes, data: { train: ["my.txt"] } }));
  const args = [`${folder}/a.json`, "--steps", "1", "--device", "reference"];
  const { code, err } = await run("train", args, { env: { XDG_CACHE_HOME: temporary() } });
  assertEquals(code, 0, err);
  const { model: { vocab } } = await read(`${folder}/run/tokenizer.json`);
  assert(257 < Object.keys(vocab).length && Object.keys(vocab).length < 300); // all that the text gives
  assertEquals((await read(`${folder}/run/config.json`)).vocab_size, 300);
});

Deno.test("train: documents are drawn from a decoder once, then read from the cache", async () => {
  const folder = temporary(),
    cache = temporary(),
    from = await decoderFolder({ ...sizes, vocab_size: 30, bos_token_id: 1, eos_token_id: 2 });
  const sample = { documents: 6, max_tokens: 12, seed: 3 };
  const data = { train: [{ from, sample }], held_out: 0.3, tokenizer: from, end_of_text: ".", sequence_length: 8 };
  const json = { model: { ...sizes, vocab_size: 30 }, data: { ...data, batch: 2 }, steps: 1, device: "reference" };
  const said = async (out: string, changes: Json = {}) => {
    await Deno.writeTextFile(`${folder}/a.json`, JSON.stringify({ ...json, out, ...changes }));
    const { code, err } = await run("train", [`${folder}/a.json`], { env: { XDG_CACHE_HOME: cache } });
    assertEquals(code, 0, err);
    return err;
  };
  assertStringIncludes(await said("first"), "Drew 6 documents");
  const [file] = [...Deno.readDirSync(`${cache}/refrain/samples`)];
  const lines = (await Deno.readTextFile(`${cache}/refrain/samples/${file.name}`)).trimEnd().split("\n");
  assertEquals(lines.map((line) => typeof JSON.parse(line).text), Array(6).fill("string"));
  assert(!(await said("second")).includes("Drew"));
  const other = { ...data, train: [{ from, sample: { ...sample, seed: 4 } }] };
  assertStringIncludes(await said("third", { data: { ...other, batch: 2 } }), "Drew 6 documents");
});

Deno.test("train: an encoder's sequences begin and end with the run's tokens", async () => {
  const encoder = { model_type: "modernbert", hidden_size: 8, intermediate_size: 8, num_attention_heads: 2 };
  const out = await trained({
    model: { ...encoder, num_hidden_layers: 2, vocab_size: 280, max_position_embeddings: 16 },
    objective: "masked",
    mask_share: 0.5,
  });
  const { added_tokens } = await read(`${out}/tokenizer.json`);
  const cls = added_tokens.find(({ content }: { content: string }) => content === "[CLS]").id;
  const { bos_token_id, cls_token_id, pad_token_id, sep_token_id } = await read(`${out}/config.json`);
  assertEquals([bos_token_id, cls_token_id, sep_token_id], [cls, cls, pad_token_id]); // no end is given
});
