/**
 * Bytes that become text as they come.
 *
 * @module
 */

/** Decodes UTF-8 piece by piece: complete characters at once, U+FFFD for bytes that are none. */
export class ByteStream {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Whether bytes of an incomplete character are held. */
  pending = false;
  #tail: number[] = [];

  /** The characters that some bytes complete. */
  push(bytes: Uint8Array<ArrayBuffer>): string {
    this.#tail = [...this.#tail, ...bytes.slice(-3)].slice(-3);
    this.pending = isIncomplete(this.#tail);
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** U+FFFD for bytes that are held; starts anew. */
  end(): string {
    this.#tail = [];
    this.pending = false;
    return this.#decoder.decode();
  }
}

/** Whether the last bytes may be the beginning of a character. */
function isIncomplete(tail: readonly number[]): boolean {
  const lead = tail.findLastIndex((byte) => byte < 0x80 || byte >= 0xc0), first = tail[lead] ?? 0;
  const length = first < 0xc2 || first >= 0xf5 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return tail.length - lead < length;
}
