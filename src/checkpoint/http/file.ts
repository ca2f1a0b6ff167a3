// One file on a web server: blocks that are downloaded when they are read, and shared by all readers.
import { download, type Order } from "./download.ts";
import { Growing } from "./growing.ts";
import { AbsentError, type Reply } from "./reply.ts";
import { displayName } from "./retry.ts";

/** Bytes of a block: one request asks for so many at most, so that a file of this size takes one request. */
export const BLOCK_BYTES = 2 ** 23;

/** Blocks of a file that are kept in memory. */
const KEPT_BLOCKS = 12;

/** Blocks that are downloaded ahead where a file is read from block to block. */
const AHEAD = 2;

/** Keeps blocks of a file from one load to the next. */
export interface BlockStore {
  /** A block by its number; undefined if it is not kept. */
  get(block: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Keeps a block of a file of so many bytes. Never rejects. */
  put(block: number, bytes: Uint8Array<ArrayBuffer>, size: number): Promise<void>;
}

/** How a file is downloaded. */
export interface Downloading extends Omit<Order, "end"> {
  /** Bytes of a block; {@link BLOCK_BYTES} unless given. */
  readonly blockBytes?: number;
  /** Waits for a free connection. */
  readonly connect: <R>(work: () => Promise<R>) => Promise<R>;
}

/** Properties of a file. */
export type Stated = Pick<Reply, "whole" | "size" | "tag">;

/** A file that exists. */
export class RemoteFile {
  readonly #blocks = new Map<number, Growing>();
  readonly #bytes: number;
  readonly #kept = new Set<number>();
  #last = 0;

  /** A file of which nothing is there but what `whole` or the `store` has; `whole` is the file as it arrives. */
  constructor(
    readonly how: Downloading,
    readonly stated: Stated,
    readonly whole?: Growing,
    readonly store?: BlockStore,
  ) {
    this.#bytes = how.blockBytes ?? BLOCK_BYTES;
  }

  /**
   * Requests the first block of a file, or all of it. Resolves when its first byte is there.
   *
   * @throws as `download` does
   */
  static async open(how: Downloading, storeOf: (stated: Stated) => BlockStore | undefined): Promise<RemoteFile> {
    const end = how.ranged ? how.blockBytes ?? BLOCK_BYTES : Infinity;
    const first = new Growing(0);
    let done = Promise.resolve();
    const reply = await new Promise<Reply>((resolve, reject) => {
      done = how.connect(() => download({ ...how, end }, first, resolve));
      done.catch(reject);
    });
    const file = new RemoteFile(how, reply, reply.whole ? first : undefined, storeOf(reply));
    file.#arrive(0, first, done);
    return file;
  }

  /** The size in bytes if it is known; some servers show it by the end of the file only. */
  get sizeSoFar(): number | undefined {
    return this.stated.size ?? (this.whole?.ended ? this.whole.have : undefined);
  }

  /** The size in bytes. */
  async size(): Promise<number> {
    if (this.sizeSoFar === undefined) await this.whole!.until(Infinity);
    return this.sizeSoFar!;
  }

  /** Bytes [start, end), which are inside the file; `watch` is called with the number of them that are there. */
  async read(start: number, end: number, watch: (count: number) => void = () => {}): Promise<Uint8Array<ArrayBuffer>> {
    const count = (from: number, next: number) => watch(Math.max(0, Math.min(end, next) - from));
    if (this.whole) {
      await this.whole.until(end, (next) => count(start, next));
      return this.whole.slice(start, end);
    }
    const first = Math.floor(start / this.#bytes), last = Math.floor((end - 1) / this.#bytes);
    const blocks = Array.from({ length: last - first + 1 }, (_, i) => this.#block(first + i));
    this.#readAhead(first, last);
    const bytes = first === last ? undefined : new Uint8Array(end - start);
    for (const block of blocks) {
      const from = Math.max(start, block.base), to = Math.min(end, block.base + this.#bytes);
      await block.until(to, (next) => count(start, Math.min(to, next)));
      const part = block.slice(from, to);
      if (!bytes) return part;
      bytes.set(part, from - start);
    }
    return bytes!;
  }

  #block(index: number): Growing {
    const known = this.#blocks.get(index), base = index * this.#bytes;
    if (known) this.#blocks.delete(index);
    const block = known ?? new Growing(base);
    this.#blocks.set(index, block); // as the latest one
    if (!known) this.#arrive(index, block, this.#fill(index, block));
    return block;
  }

  #readAhead(first: number, last: number): void {
    const blocks = Math.ceil(this.stated.size! / this.#bytes);
    if (last > this.#last && first <= this.#last + 1) {
      for (let next = last + 1; next <= last + AHEAD && next < blocks; next++) this.#block(next);
    }
    this.#last = Math.max(last, this.#last);
  }

  /** A block from the store, or else from the server. */
  async #fill(index: number, block: Growing): Promise<void> {
    const { size, tag } = this.stated, end = Math.min(block.base + this.#bytes, size!);
    const kept = await this.store?.get(index);
    if (kept?.length === end - block.base) {
      this.#kept.add(index);
      return block.take(kept);
    }
    try {
      await this.how.connect(() => download({ ...this.how, ranged: true, end, size, tag }, block));
    } catch (error) {
      if (!(error instanceof AbsentError)) throw error;
      throw new Error(`Cannot read ${displayName(this.how.url)}: it is no longer there`, { cause: error });
    }
  }

  /** Ends a block that has arrived, and keeps it; one that failed is requested again by the next reader. */
  #arrive(index: number, block: Growing, done: Promise<void>): void {
    if (!this.whole) this.#blocks.set(index, block);
    done.then(() => {
      block.end();
      this.#keep(block);
      for (const old of this.#blocks.keys()) {
        if (this.#blocks.size <= KEPT_BLOCKS) break;
        this.#blocks.delete(old);
      }
    }, (error) => {
      this.#blocks.delete(index);
      block.fail(error);
    });
  }

  #keep(arrived: Growing): void {
    for (let base = arrived.base; base < arrived.next; base += this.#bytes) {
      const block = base / this.#bytes;
      if (this.#kept.has(block)) continue; // it comes from there
      this.#kept.add(block);
      this.store?.put(block, arrived.slice(base, base + this.#bytes), this.sizeSoFar!);
    }
  }
}
