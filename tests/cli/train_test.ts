/** `train` as a command: refused options, stopping, resuming, and output files. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Json } from "../../src/model/config/fields.ts";
import { smallTraining } from "../support/training_run.ts";
import { decoderFolder, type Ended, names, run, start, temporary } from "./support.ts";

const env = { XDG_CACHE_HOME: temporary() };
const words = ["a cat sat", "the dog ran on", "rain fell", "it was warm", "no one came by"];
const text = Array.from({ length: 60 }, (_, i) => `${words[i % 5]} and ${words[(7 * i + 3) % 5]}, ${i} times.`).join(
  "\n\n",
);

const small: Json = {
  ...smallTraining,
  model: { ...smallTraining.model as Json, vocab_size: 280 },
  data: {
    train: [{ from: "text.txt", documents: "blank-lines" }],
    held_out: 0.2,
    tokenizer: { train: 270 },
    ...{ sequence_length: 8, batch: 2 },
  },
  device: "reference",
  out: "out",
};

/** A folder with a text and a configuration; its path, and that of the configuration. */
async function folderOf(json: Json): Promise<{ folder: string; config: string }> {
  const folder = temporary();
  await Deno.writeTextFile(`${folder}/text.txt`, text);
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(json));
  return { folder, config: `${folder}/config.json` };
}

const train = (config: string, ...args: string[]): Promise<Ended> => run("train", [config, ...args], { env });

async function refused(changes: Json, ...args: string[]): Promise<string> {
  const { config, folder } = await folderOf({ ...small, ...changes });
  const { code, err } = await train(config, ...args);
  assertEquals(code, 1, err);
  assert(![...Deno.readDirSync(folder)].some(({ name }) => name.startsWith("checkpoint")));
  return err.trimEnd().split("\n").pop()!;
}

const data = (changes: Json): Json => ({ data: { ...small.data as Json, ...changes } });

Deno.test("train: help names every key, and one configuration is needed", async () => {
  const { code, out } = await run("train", ["--help"]);
  assertEquals(code, 0);
  for (const part of ["deno task train CONFIG.json", "optimizer.weight_decay", "default 0.95", "--resume"]) {
    assertStringIncludes(out, part);
  }
  assertStringIncludes((await run("train", [])).err, "CONFIG.json is missing");
  assertStringIncludes((await train("a.json", "b.json")).err, '"b.json" belongs to no flag');
  assertStringIncludes((await train("no-such.json")).err, "Cannot read no-such.json");
});

Deno.test("train: invalid files and settings are one line, before any step", async () => {
  assertStringIncludes(await refused({ step: 3 }), "training.step is unknown, the nearest known key is steps");
  assertStringIncludes(await refused(data({ train: ["nowhere.txt"] })), "nowhere.txt");
  assertStringIncludes(await refused(data({ train: ["empty.txt"] })), "empty.txt");
  assertStringIncludes(await refused({ start: { from: "nowhere" } }), "nowhere");
  assertStringIncludes(await refused({ model: "mor-360m-33" }), "the nearest preset is mor-360m-3");
  assertStringIncludes(await refused(data({ tokenizer: { train: 281 } })), "281 tokens, the model 280");
  const tokenizer = await decoderFolder();
  const other = { ...data({ tokenizer, end_of_text: "." }), model: { ...small.model as Json, vocab_size: 29 } };
  assertStringIncludes(await refused(other), "the tokenizer has 30 tokens, the model's vocabulary 29");
});

Deno.test("train: writes a model, refuses to overwrite it, and resumes only with the same options", async () => {
  const { config, folder } = await folderOf({ ...small, save_dtype: "F16" });
  const first = await train(config);
  assertEquals(first.code, 0, first.err);
  assertStringIncludes(first.err, "Held out after step 11 under threshold");
  const left = ["checkpoint-000008", "checkpoint-000011", "config.json", "log.jsonl", "model.safetensors"];
  assertEquals(names(`${folder}/out`).filter((name) => left.includes(name)), left);
  assertStringIncludes((await train(config)).err, "there is a run at step 11; --resume goes on with it");
  const made = await run("generate", ["--model", `${folder}/out`, "--prompt", "a cat", "--device", "reference"]);
  assertEquals(made.code, 0, made.err);
  const steps = (count: string) => train(config, "--resume", "--steps", count);
  assertStringIncludes((await steps("10")).err, "11 steps are done, and steps is 10 now");
  const longer = await steps("13");
  assertStringIncludes(longer.err, "steps was 11 and is 13 now; the learning rate goes from 0 to 0.000");
  assertEquals(longer.code, 0, longer.err);
  await Deno.rename(`${folder}/out/log.jsonl`, `${folder}/log.jsonl`);
  await Deno.mkdir(`${folder}/out/log.jsonl`);
  assertStringIncludes((await train(config, "--resume")).err, `${folder}/out: its log.jsonl is not a file`);
  await Deno.writeTextFile(config, JSON.stringify({ ...small, seed: 5, save_every: 3, steps: 13 }));
  await Deno.remove(`${folder}/out/log.jsonl`);
  assertStringIncludes((await train(config, "--resume")).err, "seed was 0 and is 5 now");
});

/** A training that a signal stops after two steps. */
async function stopped(command: string, args: string[], signal: Deno.Signal) {
  const child = start(command, args, env);
  const decoder = new TextDecoder();
  let said = "";
  for await (const bytes of child.stderr) {
    said += decoder.decode(bytes);
    if (said.includes("step 2 of 40") && !said.includes("Finishing")) child.kill(signal);
    if (said.includes("--resume")) break;
  }
  await child.stdin.close();
  await child.stdout.cancel();
  return { code: (await child.status).code, said };
}

Deno.test({
  name:
    "train: SIGTERM saves and prints how to resume, which then comes to the end; also from the package's dispatcher",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { config, folder } = await folderOf({ ...small, steps: 40, save_every: 100, log_every: 2 });
    const { code, said } = await stopped("mod", ["train", config], "SIGTERM");
    assertEquals(code, 143, said);
    assertStringIncludes(said, `refrain/transformers/cli train ${config} --resume\n`);
    const [saved] = names(`${folder}/out`).filter((name) => name.startsWith("checkpoint-"));
    assert(saved < "checkpoint-000040", saved);
    const last = await train(config, "--resume");
    assertEquals(last.code, 0, last.err);
    assert(names(`${folder}/out`).includes("checkpoint-000040"));
  },
});

Deno.test({
  name: "train: Ctrl-C saves and prints how to resume; a process that cannot write loses no checkpoint",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { config, folder } = await folderOf({ ...small, steps: 40, save_every: 100, log_every: 2 });
    const { code, said } = await stopped("train", [config], "SIGINT");
    assertEquals(code, 130, said);
    assertStringIncludes(said, `deno task train ${config} --resume`);
    const saved = names(`${folder}/out`);
    assert(saved.some((name) => name.startsWith("checkpoint-")), said);
    // files of at most 24 KiB: the log fits, the next checkpoint breaks off while it is written
    const decoder = new TextDecoder(),
      command =
        `trap '' XFSZ; ulimit -f 24; exec ${Deno.execPath()} run -A --no-check --no-lock cli/train.ts ${config} --resume`;
    const limited = await new Deno.Command("bash", { args: ["-c", command], env }).output();
    assertStringIncludes(decoder.decode(limited.stderr), "Cannot write ");
    assertStringIncludes(decoder.decode(limited.stderr), "checkpoint-000040");
    const whole = (list: string[]) => list.filter((name) => name.startsWith("checkpoint-"));
    assertEquals(whole(names(`${folder}/out`)), whole(saved));
    const last = await train(config, "--resume");
    assertEquals(last.code, 0, last.err);
    assertEquals(names(`${folder}/out`).filter((name) => name.endsWith(".tmp")), []);
  },
});
