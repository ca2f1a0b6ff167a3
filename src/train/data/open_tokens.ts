/**
 * Reads a folder of tokens by position, without loading whole files.
 *
 * @module
 */
import { type FileSystem, fileSystem, type OpenFile } from "../../checkpoint/host.ts";
import { reasonOf } from "../../checkpoint/messages.ts";
import { openSource } from "../../checkpoint/open_source.ts";
import type { TokenReader } from "./reader.ts";
import { DOCUMENT_STARTS, idArray, readTokenIndex, shardName, type TokenIndex } from "./token_index.ts";

/** The tokens of a folder; its files stay open until it is disposed of. */
export interface StoredTokens extends TokenReader, Disposable {
  /** The folder's index. */
  readonly index: TokenIndex;
  /** The ids of a document, without the end-of-text token. Throws a RangeError when there is no such document. */
  document(number: number): Promise<Int32Array>;
}

/** An open file of the expected length. */
interface TokenFile {
  readonly path: string;
  readonly file: OpenFile;
}

/**
 * Opens a folder of tokens.
 *
 * Throws when the index is missing or inconsistent, or a file is missing or of another length than the index has;
 * reading throws when an id is outside the vocabulary.
 *
 * ```ts ignore
 * using tokens = await openTokens("cache/train");
 * await tokens.read(0, 10);
 * ```
 */
export async function openTokens(folder: string): Promise<StoredTokens> {
  const index = await readTokenIndex(openSource(folder));
  const disk = fileSystem(`open ${folder}`), width = idArray(index.vocabulary).BYTES_PER_ELEMENT;
  const files: TokenFile[] = [];
  try {
    for (const [number, tokens] of index.shards.entries()) {
      files.push(await openWhole(disk, `${folder}/${shardName(number)}`, tokens * width));
    }
    files.push(await openWhole(disk, `${folder}/${DOCUMENT_STARTS}`, index.documents * 8));
  } catch (error) {
    for (const { file } of files) file.close();
    throw error;
  }
  return readerOf(index, files);
}

async function openWhole(disk: FileSystem, path: string, bytes: number): Promise<TokenFile> {
  let size: number;
  try {
    ({ size } = await disk.info(path));
    if (size === bytes) return { path, file: await disk.open(path) };
  } catch (error) {
    throw new Error(`Cannot open the tokens in ${path}: ${reasonOf(error)}`, { cause: error });
  }
  throw new Error(`Cannot open the tokens in ${path}: it has ${size} bytes, its index says ${bytes}`);
}

/** Reads shards and, from the last file, the starts of documents. */
function readerOf(index: TokenIndex, files: readonly TokenFile[]): StoredTokens {
  const { tokens, documents, bytes, vocabulary, endOfText, shards } = index;
  // deno-lint-ignore require-await -- a rejection, not an exception
  const read = async (start: number, end: number) => {
    if (!(Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end <= tokens)) {
      throw new RangeError(`Cannot read tokens ${start} to ${end}: there are ${tokens}`);
    }
    const ids = new Int32Array(end - start);
    for (let shard = 0, from = 0; from < end; from += shards[shard++]) {
      const first = Math.max(start, from), last = Math.min(end, from + shards[shard]);
      if (first < last) ids.set(readIds(files[shard], vocabulary, first - from, last - from), first - start);
    }
    return ids;
  };
  return {
    ...{ index, tokens, documents, bytes, vocabulary, endOfText, read },
    async document(number) {
      if (!(Number.isSafeInteger(number) && number >= 0 && number < documents)) {
        throw new RangeError(`Cannot read document ${number}: there are ${documents}`);
      }
      const ends = new Float64Array(number + 1 === documents ? 1 : 2);
      const [start, next = tokens] = readAt(files[files.length - 1], ends, number);
      return await read(start, next - 1);
    },
    [Symbol.dispose]() {
      for (const { file } of files) file.close();
    },
  };
}

/** Ids [first, last) of a file. */
function readIds(file: TokenFile, vocabulary: number, first: number, last: number): Uint16Array | Uint32Array {
  const Ids = idArray(vocabulary);
  const ids = readAt(file, new Ids(last - first), first);
  const wrong = ids.find((id) => id >= vocabulary);
  if (wrong === undefined) return ids;
  throw new RangeError(`Cannot read ${file.path}: id ${wrong} is outside the vocabulary of ${vocabulary}`);
}

/** Fills an array from an element offset of a file; synchronous, so that several readers can share the file. */
function readAt<A extends Uint16Array | Uint32Array | Float64Array>(
  { path, file }: TokenFile,
  array: A,
  at: number,
): A {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const start = at * array.BYTES_PER_ELEMENT;
  for (let have = 0; have < bytes.length;) {
    const count = file.readSync(bytes.subarray(have), start + have);
    if (count === 0) throw new Error(`Cannot read ${path}: it became shorter`);
    have += count;
  }
  return array;
}
