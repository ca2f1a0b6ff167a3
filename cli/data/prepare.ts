/** Prepares a corpus: trains a tokenizer, and encodes training and held-out texts. */
import { createHash } from "node:crypto";
import type { Json } from "../../src/model/config/fields.ts";
import { type TokenDocument, writeTokens } from "../../src/train/data/write_tokens.ts";
import { countWords } from "../../src/train/data/bpe.ts";
import { isHeldOut } from "../../src/train/data/split.ts";
import { type SpecialTokens, tokenizerConfig, trainTokenizer } from "../../src/train/data/tokenizer_json.ts";
import type { CorpusOptions, OnCorpusProgress, TokenizerTraining } from "./corpus.ts";
import { documentsOf } from "./documents.ts";
import { textEncoder } from "./encoder.ts";
import type { TextFile } from "./sources.ts";

/** Files and settings of a corpus to prepare. */
export interface Preparing extends Pick<CorpusOptions, "tokenizer" | "framed" | "seed"> {
  /** Training files, and held-out files. */
  readonly files: Readonly<Record<"train" | "heldOut", readonly TextFile[]>>;
  /**
   * Share of the training files that is held out; undefined with held-out files. Whole documents are held out, or where
   * that would leave a side without any, the end of every document.
   */
  readonly share?: number;
  /** The given tokenizer, unless one is trained. */
  readonly given?: Record<string, Json>;
  readonly endOfText: string;
}

/** The two sides of a corpus, with the names of their folders. */
const sides = { train: "train", heldOut: "held-out" } as const;
type Side = keyof typeof sides;

/** Writes both sides of a corpus below a folder and returns its tokenizer files. Throws one line. */
export async function prepareTokens(
  folder: string,
  what: Preparing,
  onProgress?: OnCorpusProgress,
  signal?: AbortSignal,
): Promise<Record<string, Json>> {
  const ends = what.share !== undefined && !await splitsDocuments(what.files.train, what.share, what.seed, signal);
  const read = (side: Side, label: string) => textsOf(side, { ...what, ends }, label, onProgress, signal);
  const tokenizer = what.given ?? await learn(read("train", "Counting words"), what);
  const [json, config] = [tokenizer["tokenizer.json"], tokenizer["tokenizer_config.json"]];
  const encoder = textEncoder(json, config), endOfText = encoder.tokenId(what.endOfText);
  const around = (ids: readonly number[]) => what.framed ? ids.filter((id) => id !== endOfText) : [];
  const before = around(encoder.frame.before), after = around(encoder.frame.after);
  const encode = (text: string) => [...before, ...encoder.encode(text), ...after];
  const hash = createHash("sha256").update(JSON.stringify(json)).digest("hex");
  for (const [side, name] of Object.entries(sides) as [Side, string][]) {
    const documents = encoded(encode, read(side, side === "train" ? "Encoding" : "Encoding held-out documents"));
    const known = { vocabulary: encoder.vocabulary, endOfText, tokenizer: hash, split: name, signal };
    await writeTokens(`${folder}/${name}`, documents, known);
  }
  return tokenizer;
}

/** The documents of a side, with progress; throws when there is none. */
async function* textsOf(
  side: Side,
  { files, share, seed, ends }: Preparing & { readonly ends: boolean },
  label: string,
  onProgress?: OnCorpusProgress,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const read = share === undefined ? files[side] : files.train;
  const total = read.reduce((sum, { size }) => sum + size, 0);
  let loaded = 0, all = 0, own = 0;
  const onBytes = (bytes: number) => onProgress?.({ label, loaded: loaded += bytes, total });
  for await (const document of documentsOf(read, { onBytes, signal })) {
    all++;
    const text = ends ? partOf(document, share!, side) : document;
    if (!ends && share !== undefined && isHeldOut(text, { seed, share }) !== (side === "heldOut") || text === "") {
      continue;
    }
    own++;
    yield text;
  }
  if (own > 0) return;
  if (all === 0) throw new Error(`Cannot prepare the corpus: no document in ${names(read)}`);
  const cause = `a share of ${share} of ${names(read)} leaves nothing ${side === "train" ? "to train on" : "held out"}`;
  throw new Error(`Cannot prepare the corpus: ${cause}; change the share, or give held-out files`);
}

/** Whether a share of the documents leaves some on both sides; reads no further than the first of each. */
async function splitsDocuments(
  files: readonly TextFile[],
  share: number,
  seed: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const found = new Set<boolean>();
  for await (const text of documentsOf(files, { signal })) {
    if (found.add(isHeldOut(text, { seed, share })).size === 2) return true;
  }
  return false;
}

/** A document without its last share, or that share: cut at the end of a line, else of a word. */
function partOf(text: string, share: number, side: Side): string {
  const most = Math.floor(text.length * (1 - share));
  const [line, word] = ["\n", " "].map((end) => text.lastIndexOf(end, most));
  const at = line > most / 2 ? line : word > most / 2 ? word : most;
  return (side === "train" ? text.slice(0, at) : text.slice(at)).trim();
}

function names(files: readonly TextFile[]): string {
  return files.length === 1 ? files[0].path : `${files.length} files, ${files[0]?.path} the first`;
}

async function* encoded(
  encode: (text: string) => number[],
  texts: AsyncIterable<string>,
): AsyncGenerator<TokenDocument> {
  const utf8 = new TextEncoder();
  for await (const text of texts) yield { ids: encode(text), bytes: utf8.encode(text).length };
}

async function learn(texts: AsyncIterable<string>, { tokenizer, endOfText }: Preparing): Promise<Record<string, Json>> {
  const { train, fewer, special = [], begin, end, mask } = tokenizer as TokenizerTraining;
  const counts = new Map<string, number>();
  for await (const text of texts) countWords(text, counts);
  const tokens: SpecialTokens = {
    special: special.includes(endOfText) ? special : [endOfText, ...special],
    ...{ begin, end, mask },
  };
  return {
    "tokenizer.json": trainTokenizer(counts, train, { ...tokens, fewer }),
    "tokenizer_config.json": tokenizerConfig(tokens),
  };
}
