// The configuration of a run: every key is known by its name only, checked, and described where its default is.
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Json } from "../../src/model/config/fields.ts";
import { describeTrainingKeys, fallbackOf, type OptionalKey, trainingKeys } from "../../src/train/config/keys.ts";
import { readTrainingConfig } from "../../src/train/config/read.ts";
import { differingSetting, settingsOf } from "../../src/train/config/settings.ts";
import { smallTraining } from "../support/training_run.ts";

const json: Json = { ...smallTraining, out: "out" };

/** The JSON with another value at a dotted key. */
function changed(key: string, value: unknown, base: Json = json): Json {
  const [first, ...rest] = key.split(".");
  const below = base[first] as Json | undefined;
  return { ...base, [first]: rest.length ? changed(rest.join("."), value, below ?? {}) : value };
}

function reason(json: Json): string {
  return assertThrows(() => readTrainingConfig(json), RangeError).message;
}

Deno.test("a misspelt key is refused with the nearest known one", () => {
  for (const key of Object.keys(trainingKeys)) {
    const error = reason(changed(`${key}x`, 1));
    assertStringIncludes(error, `training.${key}x is unknown, the nearest known key is ${key}`);
  }
  assertStringIncludes(reason(changed("model.hidden_sise", 16)), "the nearest known key is hidden_size");
  assertStringIncludes(reason(changed("data.tokenizer", { trian: 300 })), "train is missing");
  assertStringIncludes(reason(changed("data.train", [{ form: "a" }])), "data.train[0].from is missing");
});

Deno.test("a default is what the table says", () => {
  const optional = Object.entries(trainingKeys).filter(([, key]) => "fallback" in key).map(([key]) => key);
  const given = readTrainingConfig(json);
  for (const key of optional as OptionalKey[]) {
    if (/^(?:start|teacher)\./.test(key) || key in smallTraining || /average|accumulate/.test(key)) continue;
    assertEquals(readTrainingConfig(changed(key, fallbackOf(key))), given, key);
  }
  const help = describeTrainingKeys();
  for (const key of Object.keys(trainingKeys)) assertStringIncludes(help, `  ${key} `);
});

Deno.test("missing, out-of-range and inconsistent fields are named with their values", () => {
  for (const key of ["model", "data", "optimizer", "steps", "out", "data.train", "data.tokenizer", "data.batch"]) {
    assertStringIncludes(reason(changed(key, undefined)), `${key} is missing`);
  }
  const wrong: [string, unknown, string][] = [
    ["optimizer.learning_rate", 0, "learning_rate is 0"],
    ["optimizer.beta1", 1, "beta1 is 1"],
    ["data.held_out", 1, "held_out is 1"],
    ["data.sequence_length", 65, "sequence_length is 65, the model has 64 positions"],
    ["data.tokenizer", { train: 30 }, "30 tokens, the model 29"],
    ["data.train", [], "data.train is empty"],
    ["data.train", [{ from: "a", documents: "words" }], "blank-lines"],
    ["schedule", { warmup: 12 }, "a warm-up of 12 steps does not fit into 11"],
    ["start", { from: "a", method: "copie" }, "method is"],
    ["teacher", { from: "a", cosine: 1 }, 'cosine needs objective "masked"'],
    ["objective", "masked", "model_type"],
    ["log_every", 0, "log_every is 0"],
    ["out", "", 'out is ""'],
  ];
  for (const [key, value, expected] of wrong) assertStringIncludes(reason(changed(key, value)), expected);
});

Deno.test("paths are resolved, names of packages are not", () => {
  const base = changed("start", { from: "old" });
  const { data, start, out } = readTrainingConfig(changed("data.train", ["a.txt", "npm:b@1", "apt:c"], base), {
    resolve: (path) => `/x/${path}`,
  });
  assertEquals(data.train.map(({ from }) => from), ["/x/a.txt", "npm:b@1", "apt:c"]);
  assertEquals([data.tokenizer, start?.from, out], [{ path: "/x/tokenizer.json" }, "/x/old", "/x/out"]);
});

Deno.test("settings that change a run differ, and the key is named", () => {
  const settings = (json: Json) => settingsOf(json, readTrainingConfig(json));
  const same = (key: string, value: unknown) => assertEquals(differ(key, value), undefined, key);
  const differ = (key: string, value: unknown) => differingSetting(settings(json), settings(changed(key, value)));
  same("save_every", 7);
  same("device", "reference");
  same("optimizer.beta1", fallbackOf("optimizer.beta1"));
  assertEquals(differ("optimizer.clip", 2), { key: "optimizer.clip", saved: "1", now: "2" });
  assertEquals(differ("steps", 12)?.key, "steps");
  assertEquals(differ("model.intermediate_size", 20)?.key, "model.intermediate_size");
  const constant = changed("schedule", { kind: "constant" });
  assert(!differingSetting(settings(constant), settings({ ...constant, steps: 99 })));
});
