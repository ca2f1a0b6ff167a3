/** `deno task encode`: embeddings from an encoder checkpoint. */
import { isatty } from "node:tty";
import type { EncoderModel } from "../src/infer/encoder.ts";
import { fitTexts } from "../src/infer/sentence_ids.ts";
import type { TruncateOptions } from "../src/infer/truncation.ts";
import type { EmbedOptions } from "../src/infer/vectors.ts";
import { POOLINGS } from "../src/op/kinds.ts";
import { writeFileAtomically } from "../src/checkpoint/files.ts";
import { breathe, interruptible, note, print, runCommand } from "./support/command.ts";
import { deviceFlag } from "./support/device.ts";
import { choiceOf, helpFlag, type Values, wholeOf } from "./support/flags.ts";
import { closing, demandTokenizer, type Loaded, loadModel, modelFlag } from "./support/model.ts";
import { npyHeader, npyNumbers } from "./support/npy.ts";
import { Progress, secondsText } from "./support/progress.ts";
import { counted } from "./support/table.ts";
import { batches, idsFlag, listedIds, readLines, type Sequence } from "./support/text.ts";

const command = {
  name: "encode",
  usage: "--model DIR [--text TEXT… | --file FILE | --ids IDS… | < lines] [options]",
  about: `Prints one embedding for each text: from --text flags, from the lines of a file, or from the lines of standard
input. A sentence-transformers folder says how: its pooling, projections, unit length, prompt and longest text hold. A blank line is an error, so that embedding i always belongs to line i.

Formats
  json   one object a line, in the order of the texts: {"text": "…", "embedding": [0.1, …]}; with --ids, "ids": [1, …]
  npy    one NumPy array, version 1.0, float32, C order, of shape (texts, width)`,
  flags: {
    ...modelFlag,
    text: { value: "TEXT", help: "a text; may be repeated", repeat: true },
    file: { value: "FILE", help: "a UTF-8 file with one text a line" },
    ...idsFlag,
    pooling: { value: "KIND", help: `${POOLINGS.join(", ")}; the model's unless given, else mean` },
    normalize: { help: "make every embedding unit length, also where the model does not" },
    "max-length": { value: "N", help: "tokens of a text at most; what the model declares, else its positions" },
    truncate: { value: "END", help: "start or end: where a longer text loses tokens; without it, it is refused" },
    format: { value: "NAME", help: "json or npy; json unless given, npy where --out ends in .npy" },
    out: { value: "FILE", help: "write there instead of standard output, once all is done" },
    ...deviceFlag,
    ...helpFlag,
  },
  examples: [
    'deno task encode --model models/encoder --text "a cat" --text "a dog" --normalize',
    "deno task encode --model models/encoder --file lines.txt --out lines.npy",
    'echo "a cat" | deno task encode --model models/encoder --pooling first',
  ],
} as const;

/** Maximum tokens and texts of a batch. */
const BATCH = { tokens: 2048, most: 64 };

type Flags = Values<typeof command.flags>;

/** Checks all flags that need no model. */
function settings({ text, file, ids, pooling, format, out, normalize, truncate, "max-length": length }: Flags) {
  const sources = [text.length && "--text", file && "--file", ids.length && "--ids"].filter(Boolean);
  if (sources.length > 1) throw new Error(`Cannot encode: expected one of ${sources.join(" and ")}, not both`);
  const kind = choiceOf("format", format ?? (out?.endsWith(".npy") ? "npy" : "json"), ["json", "npy"]);
  if (kind === "npy" && !out && isatty(1)) {
    throw new Error("Cannot encode: npy is not for terminals; give --out FILE");
  }
  const options: EmbedOptions = {
    pooling: pooling === undefined ? undefined : choiceOf("pooling", pooling, POOLINGS),
    normalize: normalize || undefined,
  };
  if (ids.length > 0 && (truncate ?? length) !== undefined) {
    throw new Error("Cannot encode: --truncate and --max-length are for texts, and --ids has ids");
  }
  const limits: TruncateOptions = {
    maxLength: length === undefined ? undefined : wholeOf("max-length", length, 1),
    truncate: truncate === undefined ? undefined : choiceOf("truncate", truncate, ["start", "end"]),
  };
  return { format: kind, out, options, limits };
}

/** Reads the texts, before the model is loaded. */
async function textsOf({ text, file, ids }: Flags): Promise<{ name: string; text: string }[]> {
  if (ids.length) return [];
  return text.length ? text.map((text, i) => ({ name: `text ${i + 1}`, text })) : await readLines(file);
}

/** Maximum number of texts that a note of lost tokens lists. */
const SHOWN = 5;

/** Ids of texts, and a note about texts that lost tokens. Throws for a text that is empty or too long. */
function sequencesOf(
  loaded: Extract<Loaded, { kind: "encoder" }>,
  texts: readonly { name: string; text: string }[],
  limits: TruncateOptions,
): Sequence[] {
  demandTokenizer(loaded);
  const name = (i: number) => texts[i].name;
  const { sequences, cut } = fitTexts(loaded.model, texts.map(({ text }) => text), { ...limits, name });
  if (cut.length > 0) {
    const some = cut.slice(0, SHOWN).map(({ index, tokens, kept }) => `${name(index)} (${kept} of ${tokens} left)`);
    note(`${counted(cut.length, "text")} lost tokens: ${some.join(", ")}${cut.length > SHOWN ? ", …" : ""}`);
  }
  return texts.map((text, i) => ({ ...text, ids: Array.from(sequences[i]) }));
}

/** The output, batch by batch. */
async function* encoded(
  encoder: EncoderModel,
  sequences: readonly Sequence[],
  { format, options }: ReturnType<typeof settings>,
): AsyncGenerator<Uint8Array> {
  const width = encoder.widthOf(options);
  const progress = new Progress("Encoding", "texts");
  let done = 0;
  if (format === "npy") yield npyHeader([sequences.length, width]);
  for (const batch of batches(sequences, BATCH)) {
    const name = (b: number) => batch[b].name;
    const { data } = await encoder.pooled(batch.map(({ ids }) => ids), { ...options, name });
    yield format === "npy" ? npyNumbers(data) : jsonLines(batch, data as Float32Array, width);
    progress.update(done += batch.length, sequences.length);
    await breathe();
  }
  const rate = (sequences.length / progress.seconds).toPrecision(3);
  note(`${counted(sequences.length, "text")} of ${width} numbers in ${secondsText(progress.seconds)}, ${rate} texts/s`);
}

/** The shortest decimal text of a float32. */
const shortest = (value: number) => Number(value.toPrecision(9));

function jsonLines(batch: readonly Sequence[], data: Float32Array, width: number): Uint8Array {
  const lines = batch.map(({ text, ids }, b) => {
    const embedding = Array.from(data.subarray(b * width, (b + 1) * width), shortest);
    return `${JSON.stringify(text === undefined ? { ids, embedding } : { text, embedding })}\n`;
  });
  return new TextEncoder().encode(lines.join(""));
}

async function main(flags: Flags): Promise<void> {
  const how = settings(flags);
  const texts = await textsOf(flags);
  const loaded = await loadModel(flags, "encoder");
  await closing(loaded.owner, async ({ model: encoder }) => {
    const sequences = flags.ids.length ? listedIds(loaded, flags.ids) : sequencesOf(loaded, texts, how.limits);
    const chunks = encoded(encoder, sequences, how);
    if (how.out) await interruptible((signal) => writeFileAtomically(how.out!, chunks, { signal }));
    else for await (const chunk of chunks) print(chunk);
  });
}

/** Runs the command with the given arguments, or those of the process, and ends the process. */
export const run = (args?: readonly string[]): Promise<never> => runCommand(command, main, args);

if (import.meta.main) await run();
