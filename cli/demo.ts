/** `deno task demo`: two small recursive transformers on this machine's adapter, beside the reference. */
import { Decoder, ReferenceDevice } from "../mod.ts";
import { writeFileAtomically } from "../src/checkpoint/files.ts";
import { measureNoise } from "../reference/mod.ts";
import { reasonOf } from "../src/checkpoint/messages.ts";
import type { Device } from "../src/device.ts";
import { hasColour, painter } from "./support/colour.ts";
import { breathe, print, runCommand } from "./support/command.ts";
import { type Agreement, agreement, agrees, measured, type Run } from "./support/demo_compare.ts";
import { TEXT, wordTokenizer } from "./support/demo_models.ts";
import { decoderSubject, encoderSubject, type Placed, type Subject } from "./support/demo_subjects.ts";
import { deviceFlag, openChosenDevice, type Opened, openReference } from "./support/device.ts";
import { helpFlag, type Values } from "./support/flags.ts";
import { columns, table } from "./support/table.ts";
import type { Trace } from "./support/trace.ts";
import { tracePage } from "./support/trace_html.ts";
import { traceLines } from "./support/trace_terminal.ts";

const command = {
  name: "demo",
  usage: "[--device NAME]",
  about:
    `Runs two small recursive transformers over the first sentence of a book: a Mixture-of-Recursions decoder with LoRA
experts, and a ModernALBERT. Shows how deep every token goes and which experts it takes, whether WebGPU agrees with
the reference, and how long both take. Ends with 1 when they do not agree.`,
  flags: { ...deviceFlag, ...helpFlag },
  examples: ["deno task demo", "deno task demo --device reference"],
} as const;

/** Forward passes timed after the first. */
const REPEATS = 5;

/** A trained checkpoint that is shown where it lies beside the project. */
const STORIES = "../shared/golden/stories260k";

const say = (...lines: string[]) => print(`${lines.join("\n")}\n`);
const heading = (text: string) => say("", text, "─".repeat(text.length), "");

/** What one model did: on the device, and on the reference in both precisions where that is another one. */
interface Outcome {
  readonly name: string;
  readonly values: string;
  readonly runs: readonly { readonly label: string; readonly run: Run }[];
  readonly agreement?: Agreement;
}

async function examine({ name, values, on }: Subject, placed: Placed, { device, label }: Opened): Promise<Outcome> {
  const run = await measured(placed.forward, REPEATS);
  if (device.kind === "reference") return { name, values, runs: [{ label, run }] };
  const reference = await openReference();
  const single = await measured(on(reference.device).forward, REPEATS);
  const exact = await on(new ReferenceDevice("f64") as unknown as Device).forward();
  const { bounds } = await measureNoise(async (noisy) => {
    const { values } = await on(noisy as unknown as Device).forward();
    return { values: { shape: [values.length], data: values as Float64Array } };
  });
  const runs = [{ label: "WebGPU", run }, { label: "reference", run: single }];
  return { name, values, runs, agreement: agreement(run, single, exact, bounds.values) };
}

function agreementRows(outcomes: readonly Outcome[]): string[][] {
  const head = [
    "",
    "compared",
    "largest",
    "WebGPU off by",
    "reference off by",
    "float32 may",
    "depths and experts",
    "verdict",
  ];
  return [
    head,
    ...outcomes.flatMap(({ name, values, agreement }) => {
      if (!agreement) return [];
      const { greatest, difference, rounding, bound, sameRouting } = agreement;
      const numbers = [greatest.toFixed(2), ...[difference, rounding, bound].map((size) => size.toExponential(1))];
      return [[
        name,
        values,
        ...numbers,
        sameRouting ? "identical" : "DIFFERENT",
        agrees(agreement) ? "agrees" : "WRONG",
      ]];
    }),
  ];
}

function timingRows(outcomes: readonly Outcome[], tokens: number): string[][] {
  const rows = outcomes.flatMap(({ name, runs }) =>
    runs.map(({ label, run: { first, median } }) => {
      const rate = Math.round(tokens / (median / 1000));
      return [name, label, `${first.toFixed(0)} ms`, `${median.toFixed(1)} ms`, rate.toLocaleString("en")];
    })
  );
  return [["", "on", "first pass", "median pass", "tokens/s"], ...rows];
}

/** A few words of a trained model, where one is there. */
async function tellStory(device: Device): Promise<void> {
  try {
    await Deno.stat(`${STORIES}/model.safetensors`);
  } catch {
    return;
  }
  heading("A trained model: stories260k, greedy");
  await using decoder = await Decoder.load(STORIES, { device });
  const prompt = "Once upon a time";
  print(prompt);
  for await (const { text } of decoder.generate(prompt, { maxNewTokens: 40 })) {
    print(text);
    await breathe();
  }
  say("");
}

async function writePicture(traces: readonly Trace[]): Promise<void> {
  try {
    const path = await Deno.makeTempFile({ prefix: "refrain-demo-", suffix: ".html" });
    await writeFileAtomically(path, [new TextEncoder().encode(tracePage(traces, "Refrain demo"))]);
    say("", `The same as a picture, with every router score: ${path}`);
  } catch (error) {
    say("", `There is no picture: ${reasonOf(error)}`);
  }
}

async function main(flags: Values<typeof command.flags>): Promise<number> {
  const opened = await openChosenDevice(flags.device);
  await using device = opened.device;
  const tokenizer = wordTokenizer(TEXT);
  const ids = tokenizer.encode(TEXT);
  say(
    `Refrain on ${opened.label}`,
    "",
    "The weights of both models are random (always the same), so what they say would mean nothing.",
    "What is real is the way they run: who goes how deep, the agreement of the devices, and the times.",
  );
  const [traces, outcomes]: [Trace[], Outcome[]] = [[], []];
  for (const subject of [decoderSubject(tokenizer, ids), encoderSubject(tokenizer, ids)]) {
    const placed = subject.on(device);
    const outcome = await examine(subject, placed, opened);
    const trace = await placed.trace();
    heading(subject.name);
    say(trace.what, ...traceLines(trace, columns(), painter(hasColour())).slice(1));
    outcomes.push(outcome);
    traces.push(trace);
  }
  heading("Agreement with the reference in float64");
  if (device.kind === "webgpu") say(...table(agreementRows(outcomes)));
  else say("There is nothing to compare: this is the reference.");
  heading(`Times of a forward pass over ${ids.length} tokens`);
  say(...table(timingRows(outcomes, ids.length)));
  await tellStory(device);
  await writePicture(traces);
  return outcomes.every(({ agreement }) => !agreement || agrees(agreement)) ? 0 : 1;
}

if (import.meta.main) await runCommand(command, main);
