// Texts at the limits of the format are refused in bounded time and memory.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { findJsonFault } from "../../src/checkpoint/json_fault.ts";
import { parseJsonObject } from "../../src/checkpoint/json.ts";
import { matchNames, spellingsOf } from "../../src/checkpoint/names.ts";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { nearest } from "../../src/common/words.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { open, rawFile, row, utf8 } from "./support.ts";

/** Runs a task; the time it may take is many times what a linear one needs, and far below a quadratic one's. */
async function within(seconds: number, task: () => unknown): Promise<void> {
  const start = performance.now();
  await task();
  const spent = (performance.now() - start) / 1000;
  assert(spent < seconds, `${spent} s`);
}

Deno.test("depth, values and keys are limited, at the first place past the limit", () => {
  const limits = { values: 10, keys: 3 };
  assertEquals(findJsonFault(`{"a":[${"1,".repeat(6)}1],"b":{}}`, limits), undefined); // 10 values, the whole text among them
  const tenth = findJsonFault("[\n1,2,3,4,5,6,7,8,9,10]", limits);
  assertEquals(tenth, { line: 2, column: 19, problem: "it has more than 10 values", limited: true });
  assertEquals(findJsonFault('{"a":1,"b":1,"c":1}', limits), undefined);
  const fourth = findJsonFault('{"a":1,"b":1,"c":1,"d":1}', limits);
  assertEquals(fourth, { line: 1, column: 20, problem: "an object has more than 3 keys", limited: true });
  assertEquals(findJsonFault(`${"[".repeat(128)}${"]".repeat(128)}`), undefined);
  assertEquals(findJsonFault(`${"[".repeat(129)}${"]".repeat(129)}`)?.column, 129);
});

Deno.test("objects of many keys find a repeated one", () => {
  const keys = Array.from({ length: 5000 }, (_, i) => `"k${i}":0`);
  assertEquals(findJsonFault(`{${keys.join()}}`), undefined);
  for (const again of [0, 7, 8, 4999]) {
    assertEquals(findJsonFault(`{${[...keys, keys[again]].join()}}`)?.problem, `key "k${again}" occurs twice`);
  }
});

Deno.test("a header of 20 MB is read or refused in linear time", async () => {
  const bytes = 2e7;
  const texts: [text: string, problem: string][] = [
    [`{"a":[${"[],".repeat(bytes / 3)}1]}`, "it has more than 2097152 values"],
    [`{"a":[${"1,".repeat(bytes / 2)}1]}`, "it has more than 2097152 values"],
    [`{"a":${"[".repeat(bytes)}`, "it is nested more than 128 deep"],
    [
      `{${Array.from({ length: 2e5 }, (_, i) => row(`t${i}`, "U8", [0, 1, 1, 1, 1, 1, 1], 0, 0)).join()}}`,
      "more than 2097152 values",
    ],
    [`{${Array.from({ length: 3e5 }, (_, i) => `"t${i}":0`).join()}}`, "an object has more than 262144 keys"],
    [`{${"\n".repeat(bytes)}x}`, `line ${bytes + 1}, column 1: expected a key`],
    [`{"a":"${"\\n".repeat(bytes / 2)}"}`, 'tensor "a" is'],
  ];
  for (const [text, problem] of texts) {
    await within(30, () => assertRejects(() => open(rawFile(text)), Error, problem));
  }
});

Deno.test("a header of 100,000 tensors is read", async () => {
  const rows = Array.from({ length: 1e5 }, (_, i) => row(`model.layers.${i}.weight`, "U8", [1], i, i + 1));
  await within(60, async () => assertEquals((await open(rawFile(`{${rows.join()}}`, 1e5))).names().length, 1e5));
});

Deno.test("names of many prefixes take linear time, and 8 prefixes are stripped", async () => {
  const long = "module.".repeat(30_000) + "a";
  await within(2, () => assertEquals(spellingsOf(long).length, 18));
  await within(2, () => assertEquals(matchNames([long], new Set(["a"])).size, 0));
  const wrapped = (n: number) => matchNames(["module.".repeat(n) + "a"], new Set(["a"])).size;
  assertEquals([1, 8, 9].map(wrapped), [1, 1, 0]);
  const claims = Array.from(
    { length: 6561 },
    (_, i) =>
      [...i.toString(3).padStart(8, "0")].map((digit) => ["module.", "student.", "model."][Number(digit)]).join("") +
      "a",
  );
  await within(5, () => assertEquals(matchNames(claims, new Set(["a"])).size, 0));
});

Deno.test("an index may list 4096 files, and its size is limited", async () => {
  const index = (shards: number) =>
    utf8(JSON.stringify({
      weight_map: Object.fromEntries(Array.from({ length: shards }, (_, i) => [`t${i}`, `s${i}.safetensors`])),
    }));
  const opened = (shards: number) => openCheckpoint({ "model.safetensors.index.json": index(shards) });
  await assertRejects(() => opened(4097), Error, "lists 4097 files, at most 4096");
  await assertRejects(() => opened(4096), Error, "which the given files does not have");
});

Deno.test("long keys and values are compared and shown in part", async () => {
  const key = "num_recursion" + "s".repeat(1e6);
  await within(2, () => assertEquals(nearest(key, ["routing", "num_recursions"]), "num_recursions"));
  const config = { hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 2 };
  const error = assertThrows(
    () => parseDecoderConfig({ ...config, recursion: { [key]: 1 } }),
    RangeError,
    "is unknown",
  );
  assert(error.message.length < 400, String(error.message.length));
  const wrong = assertThrows(() => parseDecoderConfig({ ...config, eos_token_id: [..."x".repeat(1e5)] }), RangeError);
  assert(wrong.message.length < 400, wrong.message);
  assertThrows(() => parseJsonObject(utf8(`{"${key}":1,"${key}":1}`), "read it"), Error, "occurs twice");
});

Deno.test("factors that overflow float32 are refused", () => {
  const config = { hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 2, intermediate_size: 8, vocab_size: 8 };
  const cases: [json: Record<string, unknown>, message: string][] = [
    [{ rms_norm_eps: 1e39 }, "config.rms_norm_eps is 1e+39, expected 0 or a size"],
    [{ rope_theta: 1e308 }, "config.rope_theta is 1e+308, expected 0 or a size"],
    [{ recursion: { alpha: -1e4 } }, "recursion.alpha is -10000, expected a number from -1000 to 1000"],
    [
      { mol: { layers: [0], num_experts: 1, lora_rank: 1, lora_alpha: 65537 } },
      "config.mol.lora_alpha is 65537, expected a number from 0 to 65536",
    ],
  ];
  for (const [json, message] of cases) {
    assertThrows(() => parseDecoderConfig({ ...config, ...json }), RangeError, message);
  }
  assertEquals(parseDecoderConfig({ ...config, rope_theta: 8e37, recursion: { alpha: 1000 } }).rope.theta, 8e37);
});
