/** Texts from flags, files and standard input, as sequences of token ids. */
import { isatty } from "node:tty";
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { note } from "./command.ts";
import { numbersOf } from "./flags.ts";
import { MOST_TEXT_BYTES, readBytes } from "./read_bytes.ts";
import { demandTokenizer, type Loaded } from "./model.ts";

/** One sequence for a model. */
export interface Sequence {
  /** Name in error messages: "text 1", "line 3 of a.txt". */
  readonly name: string;
  /** Its text; absent for given ids. */
  readonly text?: string;
  /** Its ids. */
  readonly ids: readonly number[];
}

/** The flag for models without tokenizer. */
export const idsFlag = {
  ids: { value: "IDS", help: 'token ids, "1 2 3", for models without tokenizer; may be repeated', repeat: true },
} as const;

/** Reads a UTF-8 file, or standard input without a path. Throws one line. */
export async function readText(path?: string): Promise<string> {
  const name = path ?? "standard input";
  if (path === undefined && isatty(0)) {
    note("Reading texts from standard input, one a line; Ctrl-D ends.");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readBytes(path, MOST_TEXT_BYTES));
  } catch (error) {
    throw new Error(`Cannot read ${name}: ${error instanceof TypeError ? "it is not UTF-8 text" : reasonOf(error)}`);
  }
}

/** Lines of a file or of standard input. Throws for no lines, and for a blank line, as outputs correspond to lines. */
export async function readLines(path?: string): Promise<{ name: string; text: string }[]> {
  const name = path ?? "standard input";
  const lines = (await readText(path)).replace(/\r?\n$/, "").split(/\r?\n/);
  if (lines.length === 1 && lines[0] === "") throw new Error(`Cannot read ${name}: it is empty`);
  const blank = lines.findIndex((line) => line.trim() === "");
  if (blank >= 0) throw new Error(`Cannot read ${name}: line ${blank + 1} of ${lines.length} is blank`);
  return lines.map((text, i) => ({ name: `line ${i + 1} of ${name}`, text }));
}

/** Ids of texts. Throws when a model has no tokenizer, or a text is empty or too long for it. */
export function tokenize(
  loaded: Loaded,
  texts: readonly { name: string; text: string }[],
  encode = (text: string) => demandTokenizer(loaded).encode(text),
): Sequence[] {
  demandTokenizer(loaded);
  return texts.map(({ name, text }) => fits(loaded.model.config, { name, text, ids: encode(text) }));
}

/** Sequences of `--ids` flags. */
export function listedIds(loaded: Loaded, ids: readonly string[]): Sequence[] {
  return ids.map((list, i) =>
    fits(loaded.model.config, { name: `--ids ${i + 1}`, ids: numbersOf("ids", list, { whole: true }) })
  );
}

/** The sequence itself. Throws a RangeError for an empty sequence, an unknown id, or more tokens than positions. */
export function fits({ V, maxPositions }: { readonly V: number; readonly maxPositions: number }, sequence: Sequence) {
  const { name, ids } = sequence;
  const refuse = (reason: string) => new RangeError(`Cannot read ${name}: ${reason}`);
  if (ids.length === 0) throw refuse("it has no tokens");
  if (ids.length > maxPositions) {
    throw refuse(`it has ${ids.length} tokens, the model has ${maxPositions} positions`);
  }
  const at = ids.findIndex((id) => id >= V);
  if (at >= 0) throw refuse(`id ${ids[at]} at ${at} is outside the vocabulary of ${V}`);
  return sequence;
}

/** Groups consecutive sequences up to a maximum of tokens and sequences; a longer sequence is a group of its own. */
export function* batches<S extends { readonly ids: readonly number[] }>(
  sequences: readonly S[],
  { tokens, most }: { tokens: number; most: number },
): Generator<S[]> {
  let [batch, count]: [S[], number] = [[], 0];
  for (const sequence of sequences) {
    if (batch.length && (count + sequence.ids.length > tokens || batch.length === most)) {
      yield batch;
      [batch, count] = [[], 0];
    }
    batch.push(sequence);
    count += sequence.ids.length;
  }
  if (batch.length) yield batch;
}

/** Tokens of a window. */
const WINDOW = 512;

/** A long text as sequences that fit the model. */
export function windows(loaded: Loaded, text: string): number[][] {
  const ids = demandTokenizer(loaded).encode(text);
  if (ids.length === 0) throw new Error("Cannot read the text: it has no tokens");
  const step = Math.min(WINDOW, loaded.model.config.maxPositions);
  return Array.from({ length: Math.ceil(ids.length / step) }, (_, i) => ids.slice(i * step, (i + 1) * step));
}
