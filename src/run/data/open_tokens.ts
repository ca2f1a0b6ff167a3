/**
 * Reading a folder of tokens by position: nothing but what is asked for is held in memory.
 *
 * @module
 */
import { type FileSystem, fileSystem } from "../../checkpoint/host.ts";
import { reasonOf } from "../../checkpoint/messages.ts";
import { openSource } from "../../checkpoint/source.ts";
import type { TokenReader } from "../../train/data/reader.ts";
import { DOCUMENT_STARTS, idArray, readTokenIndex, shardName, type TokenIndex } from "./token_index.ts";

/** One file whose length is known to be right. */
interface OpenFile {
  readonly path: string;
  readonly file: Deno.FsFile;
}

/**
 * Opens a folder of tokens.
 *
 * Throws when the index is missing or does not fit itself, or a file is missing or has another length than it says.
 *
 * ```ts ignore
 * using tokens = await openTokens("cache/train");
 * await tokens.read(0, 10);
 * ```
 */
export async function openTokens(folder: string): Promise<TokenFiles> {
  const index = await readTokenIndex(openSource(folder));
  const disk = fileSystem(`open ${folder}`), width = idArray(index.vocabulary).BYTES_PER_ELEMENT;
  const files: OpenFile[] = [];
  try {
    for (const [number, tokens] of index.shards.entries()) {
      files.push(await openWhole(disk, `${folder}/${shardName(number)}`, tokens * width));
    }
    files.push(await openWhole(disk, `${folder}/${DOCUMENT_STARTS}`, index.documents * 8));
  } catch (error) {
    for (const { file } of files) file.close();
    throw error;
  }
  return new TokenFiles(index, files);
}

async function openWhole(disk: FileSystem, path: string, bytes: number): Promise<OpenFile> {
  let size: number;
  try {
    ({ size } = await disk.stat(path));
    if (size === bytes) return { path, file: await disk.open(path) };
  } catch (error) {
    throw new Error(`Cannot open the tokens in ${path}: ${reasonOf(error)}`, { cause: error });
  }
  throw new Error(`Cannot open the tokens in ${path}: it has ${size} bytes, its index says ${bytes}`);
}

/** The tokens of a folder; its files stay open until it is disposed of. */
export class TokenFiles implements TokenReader, Disposable {
  /** Where each shard starts in the stream, and where the last one ends. */
  readonly #bounds: readonly number[];

  /** Reads shards and, from the last file, the starts of documents. */
  constructor(readonly index: TokenIndex, readonly files: readonly OpenFile[]) {
    this.#bounds = index.shards.reduce((bounds, tokens) => [...bounds, bounds[bounds.length - 1] + tokens], [0]);
  }

  /** Length of the stream. */
  get tokens(): number {
    return this.index.tokens;
  }

  /** Number of documents. */
  get documents(): number {
    return this.index.documents;
  }

  /** UTF-8 bytes of the documents' text. */
  get bytes(): number {
    return this.index.bytes;
  }

  /** V. */
  get vocabulary(): number {
    return this.index.vocabulary;
  }

  /** Id of the end-of-text token. */
  get endOfText(): number {
    return this.index.endOfText;
  }

  /** Tokens [start, end). Throws a RangeError when the stream does not reach so far or an id is not of the vocabulary. */
  // deno-lint-ignore require-await -- other readers wait
  async read(start: number, end: number): Promise<Int32Array> {
    if (
      !(Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end <= this.tokens)
    ) {
      throw new RangeError(`Cannot read tokens ${start} to ${end}: there are ${this.tokens}`);
    }
    const ids = new Int32Array(end - start), Ids = idArray(this.vocabulary);
    this.index.shards.forEach((_, shard) => {
      const first = Math.max(start, this.#bounds[shard]), last = Math.min(end, this.#bounds[shard + 1]);
      if (first >= last) return;
      const part = readAt(this.files[shard], new Ids(last - first), first - this.#bounds[shard]);
      const wrong = part.find((id) => id >= this.vocabulary);
      if (wrong !== undefined) {
        const { path } = this.files[shard];
        throw new RangeError(`Cannot read ${path}: id ${wrong} is outside the vocabulary of ${this.vocabulary}`);
      }
      ids.set(part, first - start);
    });
    return ids;
  }

  /** The ids of a document, without the end-of-text token. Throws a RangeError when there is no such document. */
  async document(number: number): Promise<Int32Array> {
    if (!(Number.isSafeInteger(number) && number >= 0 && number < this.documents)) {
      throw new RangeError(`Cannot read document ${number}: there are ${this.documents}`);
    }
    const isLast = number + 1 === this.documents;
    const [start, end = this.tokens] = readAt(
      this.files[this.files.length - 1],
      new Float64Array(isLast ? 1 : 2),
      number,
    );
    return await this.read(start, end - 1);
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const { file } of this.files) file.close();
  }
}

/** Fills an array from a place in a file, counted in its elements; without a pause, so that readers share the file. */
function readAt<A extends Uint16Array | Uint32Array | Float64Array>({ path, file }: OpenFile, array: A, at: number): A {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  file.seekSync(at * array.BYTES_PER_ELEMENT, 0 satisfies Deno.SeekMode.Start);
  for (let have = 0; have < bytes.length;) {
    const count = file.readSync(bytes.subarray(have));
    if (count === null) throw new Error(`Cannot read ${path}: it became shorter`);
    have += count;
  }
  return array;
}
