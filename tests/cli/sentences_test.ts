/** A sentence-transformers folder, over HTTP, by `encode` and by the server: the vectors that its modules declare. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Encoder } from "../../mod.ts";
import { makeHandler } from "../../cli/serve/app.ts";
import { loadServed } from "../../cli/serve/load.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { plain, serving } from "../checkpoint/support_http.ts";
import { denseTensors, moduleList, safetensors, sentenceFolder } from "../support/sentences.ts";
import { run, temporary } from "./support.ts";
import { post } from "./serve_support.ts";

const modules = moduleList([["Transformer", ""], ["Pooling", "1_Pooling"], ["Dense", "2_Dense"]]);
const files = await sentenceFolder({
  "modules.json": modules,
  "1_Pooling/config.json": { embedding_dimension: 16, pooling_mode: "cls" },
  "2_Dense/config.json": { in_features: 16, out_features: 3, activation_function: "torch.nn.modules.linear.Identity" },
  "config_sentence_transformers.json": { prompts: { query: "The " }, default_prompt_name: "query" },
}, { "2_Dense/model.safetensors": await safetensors(denseTensors(3, 16)) });
const folder = temporary();
for (const [name, bytes] of Object.entries(files)) {
  await Deno.mkdir(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.writeFile(`${folder}/${name}`, bytes);
}
const texts = ["otter liked the river", "a time"];

async function vectorsOf(source: string | typeof files): Promise<number[][]> {
  await using encoder = await Encoder.load(source, { device: "reference" });
  const { shape, data } = await encoder.encode(texts);
  assertEquals(shape, [2, 3]);
  return texts.map((_, b) => [...data.subarray(3 * b, 3 * b + 3)]);
}

const wanted = await vectorsOf(files);

Deno.test("a folder and a URL give the vectors of files in memory", async () => {
  assertEquals(await vectorsOf(folder), wanted);
  const served = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`/m/${name}`, bytes.slice()]));
  await serving(served, plain, async (base) => assertEquals(await vectorsOf(base), wanted));
});

Deno.test("encode makes the declared vectors, and others on request", async () => {
  const args = ["--model", folder, "--device", "reference", ...texts.flatMap((text) => ["--text", text])];
  const lines = async (...flags: string[]) => {
    const { code, out, err } = await run("encode", [...args, ...flags]);
    assertEquals(code, 0, err);
    return out.trimEnd().split("\n").map((line) => JSON.parse(line).embedding.map(Math.fround));
  };
  assertEquals(await lines(), wanted);
  const [[first]] = await lines("--pooling", "max");
  assertEquals(first === wanted[0][0], false);
  const { code, err } = await run("encode", [...args, "--pooling", "median"]);
  assertEquals(code, 1);
  assertStringIncludes(err, "mean or first or last or max or mean_sqrt_len or weighted_mean");
});

Deno.test("/v1/embeddings answers with the declared vectors, and with an error where one is no number", async () => {
  const device = new ReferenceDevice();
  const models = await loadServed([folder], { device, label: "reference" }, () => {
    throw new Error("no decoder is here");
  });
  const [id, model] = [...models][0];
  const handler = makeHandler({
    models,
    limits: { bodyBytes: 10_000, requests: 9 },
    started: 1,
    health: {},
    log: () => {},
  });
  const ask = async () => {
    const response = await handler(post("/v1/embeddings", { model: id, input: texts }));
    return { status: response.status, json: await response.json() };
  };
  const { status, json } = await ask();
  assertEquals([status, json.data.map(({ embedding }: { embedding: number[] }) => embedding)], [200, wanted]);
  if (model.kind === "encoder") {
    model.embed = () => Promise.reject(new Error("Cannot encode: the numbers of the vector of input 2 are not finite"));
  }
  const failed = await ask();
  assertEquals([failed.status, failed.json.error.type], [500, "server_error"]);
  assertStringIncludes(failed.json.error.message, "vector of input 2");
});
