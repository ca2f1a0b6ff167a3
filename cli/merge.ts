/** `deno task merge`: merges the experts of a checkpoint into one feed-forward without routing. */
import { readdir, realpath } from "node:fs/promises";
import type { Decoder, Encoder, WeightDtype } from "../mod.ts";
import { reasonOf } from "../src/checkpoint/messages.ts";
import type { DecoderModel } from "../src/infer/decoder.ts";
import type { EncoderModel } from "../src/infer/encoder.ts";
import { FolderLock, LOCK } from "../src/train/run/lock.ts";
import { decoderChange, encoderChange } from "./support/change.ts";
import { interruptible, note, print, runCommand } from "./support/command.ts";
import { deviceFlag } from "./support/device.ts";
import { choiceOf, helpFlag, numbersOf, type Values } from "./support/flags.ts";
import { closing, type Loaded, loadModel, modelFlag, recursionFlag } from "./support/model.ts";
import { maskedLoss, maskedText } from "./support/masked_loss.ts";
import { Progress } from "./support/progress.ts";
import { table } from "./support/table.ts";
import { idsFlag, listedIds, readText, windows } from "./support/text.ts";

const command = {
  name: "merge",
  usage: "--model DIR --out DIR2 [options]",
  about:
    `Merges the LoRA experts of every layer into its feed-forward and writes a checkpoint without them; recursion stays.
With a text it also measures how the outputs change. Decoders: loss before and after, and the KL divergence of the
distributions, in nats a token. Encoders: the masked-language loss before and after, the cosine of pooled vectors, and
the relative change of hidden states.`,
  flags: {
    ...modelFlag,
    out: { value: "DIR2", help: "folder to write", required: true },
    mode: { value: "KIND", help: "delta: the mean of the updates (unless given); factor: one adapter of means" },
    weights: { value: "Q,…", help: "one weight for each expert, summing to 1; equal ones unless given" },
    calibration: { value: "FILE", help: "weights per layer: the EMA of its routing over the lines of this UTF-8 file" },
    decay: { value: "B", help: "decay of that EMA, one update a line; 0.99 unless given" },
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
    "deno task merge --model models/encoder --out merged --calibration some-text.txt --file held-out.txt",
    "deno task merge --model models/encoder --out merged --mode factor --weights 0.4,0.3,0.2,0.1 --dtype BF16",
  ],
} as const;

type Flags = Values<typeof command.flags>;

/** Checks all flags that need no model. */
function settings({ mode, weights, calibration, decay, dtype, text, file, ids }: Flags) {
  if ([text, file, ids[0]].filter((given) => given !== undefined).length > 1) {
    throw new Error("Cannot merge: expected one of --text, --file and --ids, not several");
  }
  if (weights !== undefined && calibration !== undefined) {
    throw new Error("Cannot merge: expected one of --weights and --calibration, not both");
  }
  if (decay !== undefined && calibration === undefined) throw new Error("Cannot merge: --decay needs --calibration");
  const numbers = weights === undefined ? undefined : numbersOf("weights", weights);
  const sum = numbers?.reduce((sum, weight) => sum + weight, 0) ?? 1;
  if (Math.abs(sum - 1) > 1e-3) throw new Error(`Cannot read --weights ${weights}: they sum to ${sum}, expected 1`);
  return {
    merging: { mode: choiceOf("mode", mode ?? "delta", ["delta", "factor"]), weights: numbers, decay: decayOf(decay) },
    dtype: choiceOf("dtype", dtype ?? "F32", ["F32", "F16", "BF16"]),
  };
}

function decayOf(decay?: string): number | undefined {
  if (decay === undefined) return undefined;
  const [number] = numbersOf("decay", decay);
  if (number >= 0 && number < 1) return number;
  throw new Error(`Cannot read --decay ${decay}: expected a number from 0 up to but not including 1`);
}

/** Sequences of ids of the lines of a file that are not blank; lines that are too long for the model are truncated. */
async function calibrationOf(loaded: Loaded, path: string): Promise<number[][]> {
  const lines = (await readText(path)).split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new Error(`Cannot calibrate by ${path}: it has no text`);
  return lines.flatMap((line) => windows(loaded, line));
}

/** Throws unless a folder is empty or missing, or --force allows writing into it. */
async function refuseFull(out: string, { model, force }: Flags): Promise<void> {
  const names: string[] = [];
  try {
    names.push(...(await readdir(out)).filter((name) => name !== LOCK));
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return;
    throw new Error(`Cannot write ${out}: ${reasonOf(error)}`);
  }
  const same = await Promise.all([out, model].map((path) => realpath(path).catch(() => path)));
  if (same[0] === same[1]) throw new Error(`Cannot write ${out}: it is the model that is merged`);
  if (names.length && !force) {
    throw new Error(`Cannot write ${out}: it has ${names.length} files; --force writes into it`);
  }
  const index = names.find((name) => name.endsWith(".index.json"));
  if (index) throw new Error(`Cannot write ${out}: readers would follow its ${index}; remove that file first`);
}

/** Lines of masked-language losses; none for a text without the tokens of the training, with a note. */
async function maskedLines(folder: string, models: readonly EncoderModel[], text?: string): Promise<string[][]> {
  if (text === undefined || !models[0].hasHead) return [];
  try {
    const batches = await maskedText(folder, text, models[0]);
    const [before, after] = [await maskedLoss(models[0], batches), await maskedLoss(models[1], batches)];
    const row = (name: string, nats: number) => [name, `${nats.toFixed(4)} nats a masked token`];
    return [row(`loss before (${before.tokens} masked)`, before.nats), row("loss after", after.nats)];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    note(`The masked-language loss was not measured: ${error.message}`);
    return [];
  }
}

/** Lines of the table of changes; `windows` of the text are compared one by one. */
async function measure(
  loaded: Loaded,
  merged: DecoderModel | EncoderModel,
  sequences: readonly number[][],
  losses: readonly string[][],
) {
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
    ...losses,
    ["cosine of pooled vectors", `${change.meanCosine.toFixed(6)} mean, ${change.leastCosine.toFixed(6)} least`],
    ["change of hidden states", `${(100 * change.hiddenChange).toPrecision(3)} %`],
  ];
}

async function save(merged: Decoder | Encoder, flags: Flags, dtype: WeightDtype) {
  const lock = await FolderLock.take(flags.out, "write");
  try {
    await refuseFull(flags.out, flags); // the folder may have been filled since the first check
    const files = await interruptible((signal) => merged.save(flags.out, { dtype, signal }));
    note(`Wrote ${flags.out}: ${files.join(", ")}`);
  } finally {
    lock[Symbol.dispose]();
  }
}

/** Prints how the outputs change on some sequences; a note without any. */
async function printChange(
  loaded: Loaded,
  merged: Decoder | Encoder,
  sequences: readonly number[][],
  how: { readonly flags: Flags; readonly text?: string; readonly weights: string },
): Promise<void> {
  const { flags, text, weights } = how;
  if (!sequences.length) return note("The change of outputs was not measured: give --text, --file or --ids.");
  const losses = loaded.kind === "encoder"
    ? await maskedLines(flags.model, [loaded.model, merged.model as EncoderModel], text)
    : [];
  const changes = await measure(loaded, merged.model, sequences, losses);
  print(table([["", `${settings(flags).merging.mode}, ${weights}`], ...changes]).join("\n") + "\n");
}

async function main(flags: Flags): Promise<void> {
  const { merging, dtype } = settings(flags);
  await refuseFull(flags.out, flags);
  const text = flags.file ? await readText(flags.file) : flags.text;
  const loaded = await loadModel(flags);
  await closing<Decoder | Encoder, void>(loaded.owner, async (owner) => {
    const listed = listedIds(loaded, flags.ids).map(({ ids }) => [...ids]);
    const sequences = listed.length === 0 && text !== undefined ? windows(loaded, text) : listed;
    const calibration = flags.calibration === undefined ? undefined : await calibrationOf(loaded, flags.calibration);
    await closing(await owner.merge({ ...merging, calibration }), async (merged) => {
      const given = merging.weights ? `weights ${merging.weights.join(", ")}` : "equal weights";
      const weights = calibration ? `EMA weights of ${calibration.length} sequences` : given;
      await printChange(loaded, merged, sequences, { flags, text, weights });
      await save(merged, flags, dtype);
    });
  });
}

/** Runs the command with the given arguments, or those of the process, and ends the process. */
export const run = (args?: readonly string[]): Promise<never> => runCommand(command, main, args);

if (import.meta.main) await run();
