/**
 * The index of a folder of tokens, `tokens.json`.
 *
 * @module
 */
import { readJson } from "../../checkpoint/json.ts";
import type { Source } from "../../checkpoint/source.ts";
import { Fields, type Json } from "../../model/config/fields.ts";
import type { TokenStream } from "./reader.ts";

/** Name of the index. */
export const TOKEN_INDEX = "tokens.json";

/** Name of the file of document starts in the stream, little-endian float64, [documents]. */
export const DOCUMENT_STARTS = "documents.bin";

/** The index of a folder of tokens; ids are little-endian uint16 for vocabularies up to 65536, uint32 above. */
export interface TokenIndex extends TokenStream {
  /** Hash of the tokenizer. */
  readonly tokenizer: string;
  /** Part of the corpus. */
  readonly split: string;
  /** Tokens of each file, in order. */
  readonly shards: readonly number[];
}

/** The array of ids of a vocabulary on disk. */
export function idArray(vocabulary: number): typeof Uint16Array | typeof Uint32Array {
  return vocabulary <= 2 ** 16 ? Uint16Array : Uint32Array;
}

/** Name of the shard of a number. */
export function shardName(number: number): string {
  return `tokens-${String(number).padStart(5, "0")}.bin`;
}

/** Reads an index. Throws when it is missing, not JSON, or inconsistent. */
export async function readTokenIndex(source: Source): Promise<TokenIndex> {
  const fields = new Fields(await readJson(source, TOKEN_INDEX) as Json, `${source.name}/${TOKEN_INDEX}`);
  const text = (key: "tokenizer" | "split") => {
    const value = fields.has(key) ? fields.json[key] : undefined;
    fields.check(typeof value === "string", () => `${fields.path}.${key} is not a text`);
    return value as string;
  };
  const index: TokenIndex = {
    tokens: fields.count("tokens", undefined, Number.MAX_SAFE_INTEGER),
    documents: fields.count("documents", undefined, Number.MAX_SAFE_INTEGER),
    bytes: fields.number("bytes"),
    vocabulary: fields.count("vocabulary"),
    endOfText: fields.number("endOfText"),
    tokenizer: text("tokenizer"),
    split: text("split"),
    shards: fields.numbers("shards", { least: 1 }) ?? [],
  };
  fields.noOthers();
  const total = index.shards.reduce((sum, tokens) => sum + tokens, 0);
  fields.check(total === index.tokens, () => `the shards of ${fields.path} have ${total} tokens, not ${index.tokens}`);
  fields.check(index.endOfText < index.vocabulary, () => `${fields.path}.endOfText is outside the vocabulary`);
  return index;
}
