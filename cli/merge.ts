/** `deno task merge`: the experts of a checkpoint become one, and no routing of experts remains. */
import type { Decoder, Encoder, WeightDtype } from "../mod.ts";
import { reasonOf } from "../src/checkpoint/messages.ts";
import type { DecoderModel } from "../src/infer/decoder.ts";
import type { EncoderModel } from "../src/infer/encoder.ts";
import { FolderLock, LOCK } from "../src/train/run/lock.ts";
import { decoderChange, encoderChange } from "./support/change.ts";
import { interruptible, note, print, runCommand } from "./support/command.ts";
import { deviceFlag } from "./support/device.ts";
import { choiceOf, helpFlag, numbersOf, type Values } from "./support/flags.ts";
import { type Loaded, loadModel, modelFlag, recursionFlag } from "./support/model.ts";
import { Progress } from "./support/progress.ts";
import { table } from "./support/table.ts";
import { idsFlag, listedIds, readText, windows } from "./support/text.ts";

const command = {
  name: "merge",
  usage: "--model DIR --out DIR2 [options]",
  about:
    `Merges the LoRA experts of every layer into its feed-forward and writes a checkpoint without them; recursion stays.
With a text it also measures how the outputs change. Decoders: loss before and after, and the KL divergence of the
distributions, in nats a token. Encoders: the cosine of pooled vectors, and the relative change of hidden states.`,
  flags: {
    ...modelFlag,
    out: { value: "DIR2", help: "folder to write", required: true },
    mode: { value: "KIND", help: "delta: the mean of the updates (unless given); factor: one adapter of means" },
    weights: { value: "Q,…", help: "one weight for each expert, summing to 1; equal ones unless given" },
    text: { value: "TEXT", help: "measure the change on this text" },
    file: { value: "FILE", help: "measure the change on this UTF-8 file" },
    ...idsFlag,
    dtype: { value: "TYPE", help: "F32 (unless given), F16 or BF16" },
    force: { help: "write into a folder that is not empty" },
    ...recursionFlag,
    ...deviceFlag,
    ...helpFlag,
  },
  examples: [
    "deno task merge --model models/tiny --out models/tiny-merged --file held-out.txt",
    "deno task merge --model models/encoder --out merged --mode factor --weights 0.4,0.3,0.2,0.1 --dtype BF16",
  ],
} as const;

type Flags = Values<typeof command.flags>;

/** Everything about the flags that can be refused before a model is loaded. */
function settings({ mode, weights, dtype, text, file, ids }: Flags) {
  if ([text, file, ids[0]].filter((given) => given !== undefined).length > 1) {
    throw new Error("Cannot merge: expected one of --text, --file and --ids, not several");
  }
  const numbers = weights === undefined ? undefined : numbersOf("weights", weights);
  const sum = numbers?.reduce((sum, weight) => sum + weight, 0) ?? 1;
  if (Math.abs(sum - 1) > 1e-3) throw new Error(`Cannot read --weights ${weights}: they sum to ${sum}, expected 1`);
  return {
    merging: { mode: choiceOf("mode", mode ?? "delta", ["delta", "factor"]), weights: numbers },
    dtype: choiceOf("dtype", dtype ?? "F32", ["F32", "F16", "BF16"]),
  };
}

/** Throws unless a folder is free, or may be written into. */
async function refuseFull(out: string, { model, force }: Flags): Promise<void> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(out)) if (name !== LOCK) names.push(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new Error(`Cannot write ${out}: ${reasonOf(error)}`);
  }
  const same = await Promise.all([out, model].map((path) => Deno.realPath(path).catch(() => path)));
  if (same[0] === same[1]) throw new Error(`Cannot write ${out}: it is the model that is merged`);
  if (names.length && !force) {
    throw new Error(`Cannot write ${out}: it has ${names.length} files; --force writes into it`);
  }
  const index = names.find((name) => name.endsWith(".index.json"));
  if (index) throw new Error(`Cannot write ${out}: readers would follow its ${index}; remove that file first`);
}

/** Lines of the table of changes; `windows` of the text are compared one by one. */
async function measure(loaded: Loaded, merged: DecoderModel | EncoderModel, sequences: readonly number[][]) {
  const progress = new Progress("Comparing", "texts");
  const onSequence = (done: number) => progress.update(done, sequences.length);
  if (loaded.kind === "decoder") {
    const change = await decoderChange(loaded.model, merged as DecoderModel, sequences, onSequence);
    const { tokens, scored, before, after, divergence, sameChoice, sameDepth } = change;
    if (!scored) throw new Error(`Cannot measure the change: ${tokens} token has no next one to predict`);
    return [
      ["tokens", String(tokens)],
      ["loss before", `${before.toFixed(4)} nats/token`],
      ["loss after", `${after.toFixed(4)} nats/token`],
      ["change of loss", `${after < before ? "" : "+"}${(after - before).toFixed(4)} nats/token`],
      ["KL divergence", `${divergence.toPrecision(3)} nats/token`],
      ["same greedy token", `${(100 * sameChoice).toFixed(1)} %`],
      ...(loaded.model.config.recursion.routing === "none"
        ? []
        : [["same depth", `${(100 * sameDepth).toFixed(1)} %`]]),
    ];
  }
  const change = await encoderChange(loaded.model, merged as EncoderModel, sequences, onSequence);
  return [
    ["tokens", `${change.tokens} in ${change.sequences} sequences`],
    ["cosine of pooled vectors", `${change.meanCosine.toFixed(6)} mean, ${change.leastCosine.toFixed(6)} least`],
    ["change of hidden states", `${(100 * change.hiddenChange).toPrecision(3)} %`],
  ];
}

async function save(merged: Decoder | Encoder, flags: Flags, dtype: WeightDtype) {
  using _lock = await FolderLock.take(flags.out, "write");
  await refuseFull(flags.out, flags); // the folder may have been filled since the first look
  const files = await interruptible((signal) => merged.save(flags.out, { dtype, signal }));
  note(`Wrote ${flags.out}: ${files.join(", ")}`);
}

async function main(flags: Flags): Promise<void> {
  const { merging, dtype } = settings(flags);
  await refuseFull(flags.out, flags);
  const text = flags.file ? await readText(flags.file) : flags.text;
  const loaded = await loadModel(flags);
  await using owner = loaded.owner;
  const sequences = flags.ids.length
    ? listedIds(loaded, flags.ids).map(({ ids }) => [...ids])
    : text === undefined
    ? []
    : windows(loaded, text);
  await using merged = await owner.merge(merging);
  if (sequences.length) {
    const head = [
      "",
      `${merging.mode}, ${merging.weights ? `weights ${merging.weights.join(", ")}` : "equal weights"}`,
    ];
    print(table([head, ...await measure(loaded, merged.model, sequences)]).join("\n") + "\n");
  } else note("The change of outputs was not measured: give --text, --file or --ids.");
  await save(merged, flags, dtype);
}

if (import.meta.main) await runCommand(command, main);
