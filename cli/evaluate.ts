/** `deno task evaluate`: scores of a decoder on texts and on tasks of lm-evaluation-harness. */
import { mkdirSync } from "node:fs";
import { writeFileAtomically } from "../src/checkpoint/files.ts";
import type { DecoderModel } from "../src/infer/decoder.ts";
import { perplexity } from "../src/infer/score/perplexity.ts";
import { nameOf, readTask } from "./evaluate/read_task.ts";
import type { Task } from "./evaluate/items.ts";
import { type Result, resultLines, resultOf, resultsJson, textMetrics } from "./evaluate/report.ts";
import { type Running, runTask } from "./evaluate/run.ts";
import { SHAPES } from "./evaluate/shapes.ts";
import { breathe, interruptible, note, print, runCommand } from "./support/command.ts";
import { deviceFlag } from "./support/device.ts";
import { choiceOf, helpFlag, type Operands, type Values, wholeOf } from "./support/flags.ts";
import { closing, demandTokenizer, loadModel, modelFlag, recursionFlag } from "./support/model.ts";
import { readText } from "./support/text.ts";

const command = {
  name: "evaluate",
  usage: "--model DIR FILE… [options]",
  about: `Scores a decoder. A file that ends in .jsonl has one document a line, each of them one of these:
  requests   of lm-evaluation-harness: {"arguments": [[context, continuation], …], "target": 0}, also as it logs samples
  arc        {"question", "choices": {"text", "label"}, "answerKey"}: acc, acc_norm
  hellaswag  {"activity_label", "ctx_a", "ctx_b", "endings", "label"}: acc, acc_norm
  lambada    {"text"}, of which the last word is predicted: acc, perplexity, bits_per_byte
  documents  {"text"}, of which all is scored (with --shape documents): word_perplexity, byte_perplexity, bits_per_byte
Any other file is one text: bits_per_byte and perplexity of a token, in windows that overlap. Expert-choice models are
evaluated under both selections, with the mean recursions of a scored token. Contexts that are too long lose tokens at
their start, and the results say how many.`,
  flags: {
    ...modelFlag,
    shape: { value: "NAME", help: `of the documents: ${SHAPES.join(", ")}; by the keys of the first unless given` },
    selection: { value: "KIND", help: "of expert-choice models: threshold (causal), topk (as in training) or both" },
    "max-length": { value: "N", help: "tokens of a request or window at most; all positions unless given" },
    stride: { value: "N", help: "tokens between the starts of two windows; half of a window unless given" },
    limit: { value: "N", help: "documents of a file at most" },
    json: { help: "print the results as JSON instead of a table" },
    out: { value: "FILE", help: "also write the results as JSON" },
    samples: { value: "DIR", help: "also write every document with its responses and metrics, one file a task" },
    ...recursionFlag,
    ...deviceFlag,
    ...helpFlag,
  },
  operand: "FILE",
  several: true,
  examples: [
    "deno task evaluate --model models/tiny held_out.txt --stride 256",
    "deno task evaluate --model models/tiny arc_easy.jsonl hellaswag.jsonl --limit 500 --out results.json",
    "deno task evaluate --model models/tiny requests.jsonl --samples samples --selection topk",
  ],
} as const;

type Flags = Values<typeof command.flags> & Operands;

/** What is evaluated: the documents of a file, or one text. */
type Input = { readonly task: Task } | { readonly task?: undefined; readonly name: string; readonly text: string };

/** Reads the flags that need no model. */
function settings({ shape, selection, limit, stride, "max-length": maxLength }: Flags) {
  const whole = (name: string, given: string | undefined, least: number) =>
    given ? wholeOf(name, given, least) : undefined;
  return {
    shape: shape === undefined ? undefined : choiceOf("shape", shape, SHAPES),
    selection: choiceOf("selection", selection ?? "both", ["threshold", "topk", "both"]),
    limit: whole("limit", limit, 1),
    stride: whole("stride", stride, 1),
    maxLength: whole("max-length", maxLength, 2),
  };
}

async function inputOf(path: string, how: ReturnType<typeof settings>): Promise<Input> {
  if (path.endsWith(".jsonl")) return { task: await readTask(path, how) };
  const text = await readText(path);
  if (text === "") throw new Error(`Cannot read ${path}: it is empty`);
  return { name: nameOf(path), text };
}

/** Evaluates one input under one selection. */
async function evaluated(model: DecoderModel, input: Input, filter: string, how: Running): Promise<Result> {
  const routed = model.config.recursion.routing !== "none";
  if (input.task) return resultOf(input.task, await runTask(model, input.task, how), { filter, routed });
  const { name: task, text } = input, { maxLength, stride = Math.ceil((maxLength - 1) / 2), selection, signal } = how;
  const all = await perplexity(model, text, { maxLength: maxLength - 1, stride, selection, signal });
  const metrics = textMetrics(all.logProbs, { bytes: all.bytes!, depth: all.depth, routed, stride });
  return { task, filter, metrics, samples: [], original: 1, effective: 1 };
}

/** Evaluates all inputs. */
async function evaluateAll(
  model: DecoderModel,
  inputs: readonly Input[],
  { selection, stride, maxLength = model.config.maxPositions }: ReturnType<typeof settings>,
): Promise<Result[]> {
  const choice = model.config.recursion.routing === "expert";
  const selections = !choice ? [undefined] : selection === "both" ? ["threshold", "topk"] as const : [selection];
  const most = Math.min(maxLength, model.config.maxPositions) + 1;
  return await interruptible(async (signal) => {
    const results: Result[] = [];
    for (const input of inputs) {
      for (const selection of selections) {
        signal.throwIfAborted();
        const filter = selection ?? "none";
        results.push(await evaluated(model, input, filter, { selection, stride, maxLength: most, signal }));
        await breathe();
      }
    }
    return results;
  });
}

async function write(path: string, text: string): Promise<void> {
  await interruptible((signal) => writeFileAtomically(path, [new TextEncoder().encode(text)], { signal }));
  note(`Wrote ${path}`);
}

async function main(flags: Flags): Promise<void> {
  const how = settings(flags), inputs: Input[] = [];
  for (const path of flags.operands) inputs.push(await inputOf(path, how));
  const names = inputs.map((input) => input.task?.name ?? (input as { name: string }).name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new Error(`Cannot evaluate: two files are called ${twice}`);
  const loaded = await loadModel(flags, "decoder");
  demandTokenizer(loaded);
  const results = await closing(loaded.owner, ({ model }) => evaluateAll(model, inputs, how));
  const { maxLength = loaded.model.config.maxPositions, stride, limit } = how;
  const model_args = `pretrained=${flags.model}`;
  const json = JSON.stringify(
    resultsJson(results, { model: "refrain", model_args, max_length: maxLength, stride, limit }),
    null,
    2,
  );
  print(`${flags.json ? json : resultLines(results).join("\n")}\n`);
  if (flags.out) await write(flags.out, `${json}\n`);
  if (!flags.samples) return;
  mkdirSync(flags.samples, { recursive: true });
  for (const { task, filter, samples } of results) {
    if (samples.length === 0) continue;
    const lines = samples.map((sample) => `${JSON.stringify(sample)}\n`).join("");
    await write(`${flags.samples}/samples_${task}${filter === "none" ? "" : `_${filter}`}.jsonl`, lines);
  }
}

/** Runs the command with the given arguments, or those of the process, and ends the process. */
export const run = (args?: readonly string[]): Promise<never> => runCommand(command, main, args);

if (import.meta.main) await run();
