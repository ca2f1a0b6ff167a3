/**
 * Incremental UTF-8 decoding.
 *
 * @module
 */

/** Decodes UTF-8 piece by piece; invalid bytes become U+FFFD. */
export class ByteStream {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Whether bytes of an incomplete character are pending. */
  pending = false;
  #tail: number[] = [];

  /** The characters that further bytes complete. */
  push(bytes: Uint8Array<ArrayBuffer>): string {
    this.#tail = [...this.#tail, ...bytes.slice(-3)].slice(-3);
    this.pending = isIncomplete(this.#tail);
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** U+FFFD if bytes are pending; resets the decoder. */
  end(): string {
    this.#tail = [];
    this.pending = false;
    return this.#decoder.decode();
  }
}

/** Whether the last bytes may start a character. */
function isIncomplete(tail: readonly number[]): boolean {
  const lead = tail.findLastIndex((byte) => byte < 0x80 || byte >= 0xc0), first = tail[lead] ?? 0;
  const length = first < 0xc2 || first >= 0xf5 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return tail.length - lead < length;
}
