// The configuration of a run: one table gives the types, the reading, the help and the documentation of every key.
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Json } from "../../src/model/config/fields.ts";
import { decoderPreset } from "../../src/model/config/presets.ts";
import { describeTrainingKeys } from "../../src/train/config/describe.ts";
import { type TrainingKey, trainingKeys } from "../../src/train/config/keys.ts";
import { readTrainingConfig } from "../../src/train/config/read.ts";
import { differingSetting, settingsOf } from "../../src/train/config/settings.ts";
import { changed, training as json } from "../support/training_json.ts";
import { smallTraining } from "../support/training_run.ts";

function reason(json: Json): string {
  return assertThrows(() => readTrainingConfig(json), RangeError).message;
}

const rows = Object.entries<TrainingKey>(trainingKeys);

Deno.test("a misspelt key is refused with the key that it probably means", () => {
  for (const [key] of rows) {
    assertStringIncludes(reason(changed(`${key}x`, 1)), `training.${key}x is unknown, the nearest known key is ${key}`);
  }
  const meant: Json = {
    lr: "optimizer.learning_rate",
    "optimizer.lr": "optimizer.learning_rate",
    learningRate: "optimizer.learning_rate",
    batch_size: "data.batch",
    "data.seq_len": "data.sequence_length",
    max_steps: "steps",
    "optimizer.warmup_steps": "schedule.warmup",
    "model.hidden_sise": "hidden_size",
    "model.layers": "num_hidden_layers",
    "model.d_model": "hidden_size",
    "model.recursion.recursions": "num_recursions",
    "model.mol.rank": "lora_rank",
  };
  for (const [key, known] of Object.entries(meant)) {
    assertStringIncludes(reason(changed(key, 1)), `the nearest known key is ${known}`);
  }
  const { num_hidden_layers: _, ...model } = json.model as Json;
  assertStringIncludes(reason({ ...json, model: { ...model, n_layers: 4 } }), "training.model.num_hidden_layers");
});

Deno.test("a default is that of the table, and every default is in the help", () => {
  const given = readTrainingConfig(json);
  for (const [key, { fallback }] of rows) {
    if (fallback === undefined || /^(?:start|teacher)\./.test(key) || key in smallTraining) continue;
    if (/average|accumulate|data.batch|learning_rate|^out/.test(key)) continue; // the file has other values
    assertEquals(readTrainingConfig(changed(key, fallback)), given, key);
  }
  const help = Object.fromEntries(describeTrainingKeys());
  for (const [key, { fallback = "" }] of rows) assertStringIncludes(help[key], `${fallback}`);
  const { model: { config }, data, objective, steps, out } = readTrainingConfig({
    model: "mor-360m-3",
    data: { train: ["my.txt"] },
  });
  assertEquals(config, decoderPreset("mor-360m-3"));
  assertEquals([data.sequence_length, data.batch, objective, steps, out], [256, 8, "next_token", 1000, "run"]);
  assertEquals([data.tokenizer, data.held_out], [{ train: 49152, fewer: true }, { share: 0.01 }]);
  const tokenizer = (more: Json) =>
    readTrainingConfig({ model: "mor-360m-3", data: { train: "a" }, ...more }).data.tokenizer;
  assertEquals(tokenizer({ teacher: { from: "t" } }), { path: "t" });
  assertEquals(tokenizer({ teacher: { from: "t" }, start: { from: "s" } }), { path: "s" });
  assertEquals(readTrainingConfig({ model: "modernbert-base", data: { train: "a" } }).objective, "masked");
});

Deno.test("missing, out-of-range and inconsistent keys are named with their values", () => {
  for (const key of ["model", "data.train"]) {
    assertStringIncludes(reason(changed(key, undefined)), `training.${key} is missing`);
  }
  const wrong: [string, unknown, string][] = [
    ["model", "mor-360m-5", 'model is "mor-360m-5", the nearest preset is mor-360m-'],
    ["optimizer.learning_rate", 0, "learning_rate is 0"],
    ["optimizer.beta1", 1, "beta1 is 1"],
    ["data.held_out", 1, "held_out is 1"],
    ["data.sequence_length", 65, "sequence_length is 65, the model has 64 positions"],
    ["data.tokenizer", { train: 30 }, "30 tokens, the model 29"],
    ["data.tokenizer", { trian: 300 }, "train is missing"],
    ["data.train", [], "data.train is empty"],
    ["data.train", [{ form: "a" }], "data.train[0].from is missing"],
    ["data.train", [{ from: "a", documents: "words" }], "blank-lines"],
    ["data.train", [{ from: "a", sample: { documents: 0 } }], "data.train[0].sample.documents is 0"],
    ["schedule", { warmup: 12 }, "a warm-up of 12 steps does not fit into 11"],
    ["start", { from: "a", method: "copie" }, "method is"],
    ["start", {}, "start.from is missing"],
    ["teacher", { from: "a", cosine: 1 }, 'cosine needs objective "masked"'],
    ["objective", "masked", 'objective is "masked", and training.model is a decoder'],
    ["log_every", 0, "log_every is 0"],
    ["optimizer", 3, "training.optimizer is 3, expected an object"],
    ["out", "", 'out is ""'],
  ];
  for (const [key, value, expected] of wrong) assertStringIncludes(reason(changed(key, value)), expected);
});

Deno.test("all faults of a file are listed at once, and each of them once", () => {
  const model = {
    hidden_sise: 64,
    num_hidden_layers: 2,
    vocab_size: "many",
    recursion: { routing: "all", alpha: "a" },
  };
  const file = { model, lr: 1, optimizer: { beta1: 2 }, steps: 0, data: { train: [{}], batch: 0.5 } };
  const faults = reason(file).split("\n").slice(1).map((line) => line.trim().match(/^training\.([\w.[\]]+) is/)?.[1]);
  assertEquals(
    faults.sort(),
    [
      ...[
        "data.batch",
        "data.train[0].from",
        "lr",
        "model.hidden_sise",
        "model.hidden_size",
        "model.intermediate_size",
      ],
      ...["model.num_attention_heads", "model.recursion.alpha", "model.recursion.routing", "model.vocab_size"],
      ...["optimizer.beta1", "steps"],
    ],
  );
  assertStringIncludes(reason(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${i}`, 1]))), "and 12 more");
});

Deno.test("settings that change a run differ, and the key is named", () => {
  const settings = (json: Json) => settingsOf(json, readTrainingConfig(json));
  const differ = (key: string, value: unknown) => differingSetting(settings(json), settings(changed(key, value)));
  const same = {
    save_every: 7,
    device: "reference",
    "optimizer.beta1": 0.9,
    steps: 12,
    out: "elsewhere",
    log_every: 1,
  };
  for (const [key, value] of Object.entries(same)) assertEquals(differ(key, value), undefined, key);
  assertEquals(differ("optimizer.clip", 2), { key: "optimizer.clip", saved: "1", now: "2" });
  assertEquals(differ("model.intermediate_size", 20)?.key, "model.intermediate_size");
});
