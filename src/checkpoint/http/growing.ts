// Bytes of a file that arrive in order, read while they arrive.

/** Smallest capacity in bytes. */
const LEAST = 2 ** 16;

/** Bytes that are allocated at once because a server announces them. */
const AT_ONCE = 2 ** 24;

/** A range of a file from `base` on; readers wait for the bytes that they need. */
export abstract class Arrival {
  /** Bytes that have arrived. */
  have = 0;
  /** Whether all bytes have arrived. */
  ended = false;
  #fault?: { readonly reason: unknown };
  #wake: () => void = () => {};
  #more = Promise.resolve();

  /** A range without bytes. */
  constructor(readonly base: number) {
    this.#wait();
  }

  /** Position of the next byte in the file. */
  get next(): number {
    return this.base + this.have;
  }

  /** Adds bytes, of `expected` bytes in all. */
  abstract take(chunk: Uint8Array, expected?: number): void | Promise<void>;

  /** Tells readers that bytes were added. */
  protected advance(count: number): void {
    this.have += count;
    this.#tell();
  }

  /** No more bytes come. */
  end(): void {
    this.ended = true;
    this.#tell();
  }

  /** No more bytes come, for a reason that readers get. */
  fail(reason: unknown): void {
    this.#fault = { reason };
    this.#tell();
  }

  /** Waits until the bytes before `end` are there, or no more come. Throws the reason of a failure. */
  async until(end: number, watch?: (next: number) => void): Promise<void> {
    while (this.next < end && !this.ended) {
      if (this.#fault) throw this.#fault.reason;
      await this.#more;
      watch?.(this.next);
    }
  }

  #tell(): void {
    this.#wake();
    this.#wait();
  }

  #wait(): void {
    this.#more = new Promise((resolve) => this.#wake = resolve);
  }
}

/** A range of a file in memory. */
export class Growing extends Arrival {
  #bytes = new Uint8Array(0);

  /** Adds bytes; the memory for all is taken at once where they are few. */
  take(chunk: Uint8Array, expected = Infinity): void {
    const needed = this.have + chunk.length;
    if (needed > this.#bytes.length) {
      const room = expected <= AT_ONCE ? expected : Math.min(expected, Math.max(LEAST, 2 * needed));
      const grown = new Uint8Array(Math.max(needed, room));
      grown.set(this.#bytes.subarray(0, this.have));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.have);
    this.advance(chunk.length);
  }

  /** Bytes [start, end) of the file, as far as they are there. */
  slice(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(start - this.base, Math.min(this.have, end - this.base));
  }
}
