// Paths of a training configuration are resolved, and looked for before any work starts.
import { assertEquals, assertThrows } from "@std/assert";
import { readTrainingConfig } from "../../src/train/config/read.ts";
import { changed, training as json } from "../support/training_json.ts";

Deno.test("paths are resolved, names of packages are not", () => {
  const base = changed("start", { from: "old" });
  const { data, start, out } = readTrainingConfig(changed("data.train", ["a.txt", "npm:b@1", "apt:c"], base), {
    resolve: (path) => `/x/${path}`,
  });
  assertEquals(data.train.map(({ from }) => from), ["/x/a.txt", "npm:b@1", "apt:c"]);
  assertEquals([data.tokenizer, start?.from, out], [{ path: "/x/tokenizer.json" }, "/x/old", "/x/out"]);
});

Deno.test("paths that lead nowhere are among the faults; globs and packages are found later", () => {
  const teacher = { from: "t" }, start = { from: "s" };
  const train = ["a.txt", "*.txt", "npm:b", { from: "m", sample: { documents: 3 } }];
  const lacks = (path: string, name?: string) => path !== "t" || name !== "config.json";
  const file = changed("data.train", train, { ...json, teacher, start });
  const { message } = assertThrows(() => readTrainingConfig(file, { lacks }), RangeError);
  const faults = message.split("\n").slice(1).map((line) => line.trim());
  assertEquals(faults, [
    "training.start.from is s, where there is no config.json",
    "training.data.train[0].from is a.txt, where there is no file or folder",
    "training.data.train[3].from is m, where there is no config.json",
    "training.data.tokenizer is tokenizer.json, where there is no tokenizer.json",
  ]);
});
