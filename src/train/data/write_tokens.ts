/**
 * Writes documents as a folder of tokens.
 *
 * @module
 */
import { fileSystem, isMissing } from "../../checkpoint/host.ts";
import { writeFileAtomically, type WriteOptions } from "../../checkpoint/files.ts";
import { DOCUMENT_STARTS, idArray, shardName, TOKEN_INDEX, type TokenIndex } from "./token_index.ts";

/** One document to write. */
export interface TokenDocument {
  /** Its ids, without the end-of-text token. */
  readonly ids: ArrayLike<number>;
  /** UTF-8 bytes of its text. */
  readonly bytes: number;
}

/** Options of {@link writeTokens}. */
export interface WriteTokensOptions
  extends Pick<TokenIndex, "vocabulary" | "endOfText" | "tokenizer" | "split">, WriteOptions {
  /** Tokens of a file, 2²⁵ unless given. */
  readonly shardTokens?: number;
}

/** Tokens of a write. */
const CHUNK = 2 ** 15;

/**
 * Writes documents, each followed by the end-of-text token, into files of bounded size. The index is written last:
 * a folder with an index is complete.
 *
 * Throws when the folder has an index already, there are no documents, or an id is outside the vocabulary.
 */
export async function writeTokens(
  folder: string,
  documents: AsyncIterable<TokenDocument>,
  options: WriteTokensOptions,
): Promise<TokenIndex> {
  await prepare(folder);
  const { vocabulary, endOfText, tokenizer, split, shardTokens = 2 ** 25 } = options;
  const starts: number[] = [], shards: number[] = [];
  const sums = { tokens: 0, bytes: 0 };
  const chunks = packed(documents, starts, sums, { ...options, length: Math.min(CHUNK, shardTokens) });
  const most = Math.ceil(shardTokens / CHUNK);
  for (let chunk = await chunks.next(); !chunk.done; chunk = await chunks.next()) {
    const shard = async function* () {
      let count = 0, tokens = 0;
      for (let next: Awaited<ReturnType<typeof chunks.next>> = chunk; !next.done; next = await chunks.next()) {
        tokens += next.value.length;
        yield bytesOf(next.value);
        if (++count === most) break;
      }
      shards.push(tokens);
    };
    await writeFileAtomically(`${folder}/${shardName(shards.length)}`, shard(), options);
  }
  if (starts.length === 0) throw new Error(`Cannot write tokens to ${folder}: there are no documents`);
  await writeFileAtomically(`${folder}/${DOCUMENT_STARTS}`, [bytesOf(Float64Array.from(starts))], options);
  const index: TokenIndex = { ...sums, documents: starts.length, vocabulary, endOfText, tokenizer, split, shards };
  const json = new TextEncoder().encode(JSON.stringify(index, null, 2) + "\n");
  await writeFileAtomically(`${folder}/${TOKEN_INDEX}`, [json], options);
  return index;
}

async function prepare(folder: string): Promise<void> {
  const disk = fileSystem(`write ${folder}`);
  await disk.makeFolder(folder);
  try {
    await disk.info(`${folder}/${TOKEN_INDEX}`);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  throw new Error(`Cannot write tokens to ${folder}: it holds tokens already`);
}

/** Concatenates documents into chunks of equal length, the last one shorter, and records document starts and sums. */
async function* packed(
  documents: AsyncIterable<TokenDocument>,
  starts: number[],
  sums: { tokens: number; bytes: number },
  { vocabulary, endOfText, length }: Pick<TokenIndex, "vocabulary" | "endOfText"> & { readonly length: number },
): AsyncGenerator<Uint16Array | Uint32Array, void> {
  const Ids = idArray(vocabulary);
  let chunk = new Ids(length), filled = 0;
  for await (const { ids, bytes } of documents) {
    starts.push(sums.tokens);
    for (let t = 0; t <= ids.length; t++) {
      const id = t < ids.length ? ids[t] : endOfText;
      if (!(Number.isInteger(id) && id >= 0 && id < vocabulary)) {
        throw new RangeError(
          `Cannot write tokens: id ${id} of document ${starts.length - 1} is outside the vocabulary of ${vocabulary}`,
        );
      }
      chunk[filled++] = id;
      if (filled < length) continue;
      yield chunk;
      chunk = new Ids(length), filled = 0;
    }
    sums.tokens += ids.length + 1;
    sums.bytes += bytes;
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint16Array | Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
