/** `deno task sample-corpus`: samples documents from a decoder, as JSON lines. */
import { writeFileAtomically } from "../src/checkpoint/files.ts";
import type { CorpusOptions } from "../src/infer/corpus.ts";
import type { DecoderModel } from "../src/infer/decoder.ts";
import type { Tokenizer } from "../src/infer/tokenizer.ts";
import { interruptedCode, interruptible, note, runCommand } from "./support/command.ts";
import { deviceFlag } from "./support/device.ts";
import { helpFlag, numberOf, seedOf, type Values, wholeOf } from "./support/flags.ts";
import { closing, demandTokenizer, loadModel, modelFlag } from "./support/model.ts";
import { SAMPLED_AT_ONCE, Sampling } from "./support/sampling.ts";

const command = {
  name: "sample-corpus",
  usage: "--model DIR --out FILE.jsonl --documents N [options]",
  about: `Draws documents from a decoder, from its first token to its end token, and writes a line {"text": …} for each.
The same seed gives the same documents. Ctrl-C or TERM keeps the complete ones.`,
  flags: {
    ...modelFlag,
    out: { value: "FILE", help: "where the lines go; replaced when all of them are there", required: true },
    documents: { value: "N", help: "how many", required: true },
    temperature: { value: "X", help: "divides the logits, 1 unless given; 0 takes the likeliest token" },
    "top-k": { value: "N", help: "only the N likeliest tokens" },
    "top-p": { value: "X", help: "only the likeliest tokens that have this probability together" },
    "min-p": { value: "X", help: "only tokens with this fraction of the likeliest one's probability" },
    seed: { value: "N", help: "0 unless given" },
    batch: { value: "N", help: `documents drawn at the same time, ${SAMPLED_AT_ONCE} unless given` },
    "max-tokens": { value: "N", help: "tokens of a document at most, as many as the model has positions unless given" },
    ...deviceFlag,
    ...helpFlag,
  },
  examples: ["deno task sample-corpus --model models/stories --out stories.jsonl --documents 1000 --temperature 0.9"],
} as const;

type Flags = Values<typeof command.flags>;

function optionsOf(flags: Flags, maxPositions: number): CorpusOptions {
  const number = (name: "temperature" | "top-k" | "top-p" | "min-p") =>
    flags[name] === undefined ? undefined : numberOf(name, flags[name]);
  return {
    documents: wholeOf("documents", flags.documents, 1),
    batch: wholeOf("batch", flags.batch ?? `${SAMPLED_AT_ONCE}`, 1),
    maxTokens: wholeOf("max-tokens", flags["max-tokens"] ?? `${maxPositions}`, 2),
    seed: seedOf("seed", flags.seed ?? "0"),
    sampling: {
      temperature: number("temperature"),
      topK: number("top-k"),
      topP: number("top-p"),
      minP: number("min-p"),
    },
  };
}

async function main(flags: Flags): Promise<number> {
  const loaded = await loadModel(flags, "decoder");
  return await closing(loaded.owner, ({ model }) => sample(model, demandTokenizer(loaded), flags));
}

/** Writes the documents, and returns the exit code. */
async function sample(decoder: DecoderModel, tokenizer: Tokenizer, flags: Flags): Promise<number> {
  const options = optionsOf(flags, decoder.config.maxPositions);
  const interrupted = await interruptible(async (signal) => {
    const sampling = new Sampling(decoder, tokenizer, { ...options, signal });
    await writeFileAtomically(flags.out, sampling.lines());
    note(`${sampling}`);
    return signal.aborted;
  });
  return interrupted ? interruptedCode() : 0;
}

/** Runs the command with the given arguments, or those of the process, and ends the process. */
export const run = (args?: readonly string[]): Promise<never> => runCommand(command, main, args);

if (import.meta.main) await run();
