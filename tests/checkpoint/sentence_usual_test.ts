/** Modules of sentence-transformers folders whose list is missing. */
import { assertEquals } from "@std/assert";
import { carriedFiles } from "../../src/checkpoint/save.ts";
import { readSentence } from "../../src/checkpoint/sentence.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { denseTensors, safetensors } from "../support/sentences.ts";
import { utf8 } from "./support.ts";

Deno.test("sentence: usual module folders are read without a list", async () => {
  const dense = { in_features: 16, out_features: 3, bias: true };
  const modules = {
    "1_Pooling/config.json": { word_embedding_dimension: 16, pooling_mode_cls_token: true },
    "2_Dense/config.json": dense,
    "3_Normalize/config.json": {},
  };
  const folder = Object.fromEntries(Object.entries(modules).map(([name, json]) => [name, utf8(JSON.stringify(json))]));
  const weights = { "2_Dense/model.safetensors": await safetensors(denseTensors(3, 16)) };
  const { poolings, steps } = (await readSentence(openSource({ ...folder, ...weights }), { D: 16, maxPositions: 64 }))!;
  assertEquals([poolings, steps.map((step) => step === "normalize" ? step : step.activation)], [["first"], [
    "tanh",
    "normalize",
  ]]);
  assertEquals(Object.keys(await carriedFiles(openSource({ ...folder, ...weights }))).length, 4);
});
