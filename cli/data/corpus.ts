/** Prepares a corpus for training, once: a tokenizer, training tokens and held-out tokens. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { writeFilesAtomically } from "../../src/checkpoint/files.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { openTokens, type StoredTokens } from "../../src/train/data/open_tokens.ts";
import { readTokenizerFiles } from "../../src/infer/load_tokenizer.ts";
import type { Opened } from "../support/device.ts";
import { textEncoder } from "./encoder.ts";
import { fillOnce } from "./fill_once.ts";
import { prepareTokens, type Preparing } from "./prepare.ts";
import { filesOf, type SourceOptions, type TextFile } from "./sources.ts";

/** A tokenizer to train. */
export interface TokenizerTraining {
  /** Size of the vocabulary, special tokens included. */
  readonly train: number;
  /** Whether it may have fewer tokens, where the texts cannot give so many. */
  readonly fewer?: boolean;
  /** Special tokens in the order of their ids; the end-of-text token comes first if it is not among them. */
  readonly special?: readonly string[];
  /** The special token before every text that is encoded for a model: `[CLS]`, or the end-of-text token for a decoder. */
  readonly begin?: string;
  /** The special token after it: `[SEP]`. */
  readonly end?: string;
  /** The mask token: `[MASK]`. */
  readonly mask?: string;
}

/** Sources and settings of a corpus. */
export interface CorpusOptions {
  /** Training texts. */
  readonly sources: readonly SourceOptions[];
  /** Held-out texts: a share of `sources`, or other sources. */
  readonly heldOut: { readonly share: number } | { readonly sources: readonly SourceOptions[] };
  /** Folder of a `tokenizer.json` (a checkpoint), or settings of one to train. */
  readonly tokenizer: { readonly path: string } | TokenizerTraining;
  /** The token after every document, `<|endoftext|>` unless given. */
  readonly endOfText?: string;
  /**
   * Whether documents get the special tokens of a prompt, such as Llama's begin token; the end-of-text token follows every
   * document in any case, once. False unless given.
   */
  readonly framed?: boolean;
  /** Seed of the held-out documents. */
  readonly seed: number;
  /** Folder of prepared corpora, fetched packages and drawn documents. */
  readonly cacheDir: string;
  /** Device that draws documents, where a source is a decoder. */
  readonly device?: Opened;
}

/** Callback for the bytes of text read. */
export type OnCorpusProgress = (progress: { label: string; loaded: number; total: number }) => void;

/** A prepared corpus; its files stay open until it is disposed of. */
export interface Corpus extends Disposable {
  /** Training tokens. */
  readonly train: StoredTokens;
  /** Held-out tokens. */
  readonly heldOut: StoredTokens;
  /** `tokenizer.json` and `tokenizer_config.json`, to be written beside a checkpoint. */
  readonly tokenizerFiles: Readonly<Record<string, Json>>;
  /** Id of a special token. Throws naming the nearest one for an unknown token. */
  tokenId(token: string): number;
  /** Ids of all special tokens. */
  readonly special: readonly number[];
  /** Mean UTF-8 bytes of a held-out token, ends of texts included. */
  readonly bytesPerToken: number;
  /** Folder of the corpus. */
  readonly folder: string;
}

/** Version of the contents of a cached folder. */
const FORMAT = 3;

/**
 * Prepares a corpus, or opens the one that was prepared from the same bytes with the same options.
 *
 * Throws one line when a source is missing or empty, no document is left on either side, the tokenizer does not have
 * the end-of-text token, or the text cannot give the vocabulary.
 */
export async function prepareCorpus(
  options: CorpusOptions,
  onProgress?: OnCorpusProgress,
  signal?: AbortSignal,
): Promise<Corpus> {
  const { cacheDir, heldOut, device } = options;
  const share = "share" in heldOut ? heldOut.share : undefined;
  if (share !== undefined && !(share > 0 && share < 1)) {
    throw new RangeError(`Cannot hold out a share of ${share}: expected more than 0 and less than 1`);
  }
  const listed = async (sources: readonly SourceOptions[]) => {
    if (sources.length === 0) throw new RangeError("Cannot prepare the corpus: it has no sources");
    const files: TextFile[] = [];
    for (const source of sources) files.push(...await filesOf(source, { cacheDir, device, signal }));
    return files;
  };
  const files = {
    train: await listed(options.sources),
    heldOut: "share" in heldOut ? [] : await listed(heldOut.sources),
  };
  const given = "path" in options.tokenizer ? await tokenizerFiles(options.tokenizer.path) : undefined;
  const folder = `${cacheDir}/corpus-${await keyOf(options, files, given, signal)}`;
  const what: Preparing = { ...options, files, share, given, endOfText: options.endOfText ?? "<|endoftext|>" };
  await fillOnce(folder, async (staging) => {
    const tokenizer = Object.entries(await prepareTokens(staging, what, onProgress, signal));
    const json = (value: Json) => [new TextEncoder().encode(JSON.stringify(value))];
    await writeFilesAtomically(staging, Object.fromEntries(tokenizer.map(([name, value]) => [name, json(value)])));
  });
  return await openCorpus(folder);
}

/** The tokenizer of a folder; its configuration turns off the clean-up of blanks, which other readers have on. */
async function tokenizerFiles(folder: string): Promise<Record<string, Json>> {
  const { json, config } = await readTokenizerFiles(openSource(folder));
  return { "tokenizer.json": json, "tokenizer_config.json": { clean_up_tokenization_spaces: false, ...config } };
}

/** Key of a corpus: a hash of every byte read and every option, except paths. */
async function keyOf(
  { heldOut, tokenizer, endOfText, framed = false, seed }: CorpusOptions,
  files: Readonly<Record<"train" | "heldOut", readonly TextFile[]>>,
  given: Record<string, Json> | undefined,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256");
  const share = "share" in heldOut ? heldOut.share : undefined;
  const chance = share === undefined ? undefined : seed;
  hash.update(JSON.stringify([FORMAT, share, given ?? tokenizer, endOfText, framed, chance]));
  for (const [side, list] of Object.entries(files)) {
    for (const { path, size, kind, documents } of list) {
      hash.update(JSON.stringify([side, size, kind, documents]));
      for await (const bytes of createReadStream(path)) signal?.throwIfAborted(), hash.update(bytes);
    }
  }
  return hash.digest("hex").slice(0, 16);
}

async function openCorpus(folder: string): Promise<Corpus> {
  const files = await tokenizerFiles(folder);
  const { tokenId, special } = textEncoder(files["tokenizer.json"], files["tokenizer_config.json"]);
  const train = await openTokens(`${folder}/train`), heldOut = await openTokens(`${folder}/held-out`);
  return {
    ...{ train, heldOut, folder, tokenizerFiles: files, bytesPerToken: heldOut.bytes / heldOut.tokens },
    ...{ tokenId, special },
    [Symbol.dispose]() {
      train[Symbol.dispose]();
      heldOut[Symbol.dispose]();
    },
  };
}
