/** `deno task trace`: the recursion depth and the experts of every token, as a picture. */
import { describeSharing } from "../src/model/config/decoder_json.ts";
import { writeFileAtomically } from "../src/checkpoint/files.ts";
import { hasColour, painter } from "./support/colour.ts";
import { interruptible, note, print, runCommand } from "./support/command.ts";
import { deviceFlag } from "./support/device.ts";
import { choiceOf, helpFlag, type Values } from "./support/flags.ts";
import { closing, type Loaded, loadModel, modelFlag, recursionFlag } from "./support/model.ts";
import { columns } from "./support/table.ts";
import { listedIds, tokenize } from "./support/text.ts";
import { type Trace, traceDecoder, traceEncoder } from "./support/trace.ts";
import { paintLines, traceLines } from "./support/trace_lines.ts";
import { tracePage, traceSvg } from "./support/trace_picture.ts";

const command = {
  name: "trace",
  usage: "--model DIR --text TEXT [options]",
  about:
    `Shows how many recursions every token runs, and which experts it chooses in every use of a layer that has some.
Layers, groups and experts count from 0, recursions from 1: "L1 r2" is layer 1 in recursion 2, "G2 l5" is group 2 run
as layer 5. Colours need a terminal and no NO_COLOR; everything is also written in characters.`,
  flags: {
    ...modelFlag,
    text: { value: "TEXT", help: "what to run" },
    ids: { value: "IDS", help: 'the same as token ids, "1 2 3", for models without tokenizer' },
    selection: {
      value: "KIND",
      help:
        "of expert-choice decoders: threshold (causal, as in generation; unless\ngiven) or topk (whole texts, as in training)",
    },
    svg: { value: "FILE", help: "also write a picture" },
    html: { value: "FILE", help: "also write a page with the picture" },
    ...recursionFlag,
    ...deviceFlag,
    ...helpFlag,
  },
  examples: [
    'deno task trace --model models/tiny --text "Once upon a time there was a queen." --svg queen.svg',
    'deno task trace --model models/encoder --text "a cat on a mat" --html cat.html',
  ],
} as const;

type Flags = Values<typeof command.flags>;

async function traceOf(loaded: Loaded, ids: readonly number[], selection: "threshold" | "topk"): Promise<Trace> {
  if (loaded.kind === "encoder") {
    const { L, groupDepth, mol } = loaded.model.config;
    const experts = mol ? `, ${mol.k} of ${mol.E} experts` : "";
    const what = `encoder, ${L} layers in groups of ${groupDepth}${experts}`;
    return await traceEncoder(loaded.model, ids, { model: loaded.name, what });
  }
  const { recursion: { routing }, mol } = loaded.model.config;
  const words = { none: "", expert: `, expert-choice by ${selection}`, token: ", token-choice" }[routing];
  const what = `decoder, ${describeSharing(loaded.model.config)}${words}${mol ? `, ${mol.k} of ${mol.E} experts` : ""}`;
  return await traceDecoder(loaded.model, ids, { model: loaded.name, what }, selection);
}

async function main(flags: Flags): Promise<void> {
  const { text, ids, svg, html } = flags;
  if ((text === undefined) === (ids === undefined)) {
    throw new Error("Cannot trace: expected --text TEXT or --ids IDS, one of them; see --help");
  }
  const selection = choiceOf("selection", flags.selection ?? "threshold", ["threshold", "topk"]);
  const loaded = await loadModel(flags);
  const trace = await closing(loaded.owner, () => {
    const [sequence] = ids ? listedIds(loaded, [ids]) : tokenize(loaded, [{ name: "the text", text: text! }]);
    return traceOf(loaded, sequence.ids, selection);
  });
  print(paintLines(traceLines(trace, columns()), painter(hasColour())));
  if (svg) await write(svg, traceSvg(trace));
  if (html) await write(html, tracePage(trace, `Trace of ${loaded.name}`));
}

async function write(path: string, text: string): Promise<void> {
  await interruptible((signal) => writeFileAtomically(path, [new TextEncoder().encode(text)], { signal }));
  note(`Wrote ${path}`);
}

/** Runs the command with the given arguments, or those of the process, and ends the process. */
export const run = (args?: readonly string[]): Promise<never> => runCommand(command, main, args);

if (import.meta.main) await run();
