/**
 * Decoding steps of byte tokens.
 *
 * @module
 */
import { BYTE_CHARACTERS } from "./byte_level.ts";
import { ByteStream } from "./byte_stream.ts";
import type { Stage, TokenPiece } from "./stages.ts";

const BYTES = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));
const utf8 = new TextEncoder();

/** The bytes of a byte-level token; the UTF-8 bytes of a text with other characters. */
function bytesOf(token: string): Uint8Array<ArrayBuffer> {
  const bytes = Array.from(token, (character) => BYTES.get(character));
  return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : utf8.encode(token);
}

/** Decodes byte-level tokens to text; added tokens are already text. */
export class ByteLevel implements Stage {
  readonly #bytes = new ByteStream();
  #begun = false;

  get pending(): boolean {
    return this.#bytes.pending;
  }

  push({ text, added }: TokenPiece): TokenPiece[] {
    const begins = !this.#begun;
    this.#begun = true;
    return [{ text: added ? this.#bytes.end() + text : this.#bytes.push(bytesOf(text)), begins }];
  }

  end(): TokenPiece[] {
    return [{ text: this.#bytes.end(), begins: false }];
  }
}

/** Decodes runs of the byte tokens `<0x00>` … `<0xFF>` to text. */
export class ByteFallback implements Stage {
  readonly #bytes = new ByteStream();
  #run = false;

  get pending(): boolean {
    return this.#bytes.pending;
  }

  push(piece: TokenPiece): TokenPiece[] {
    const [, code] = piece.text.match(/^<0x([0-9A-Fa-f]{2})>$/) ?? [];
    if (code === undefined) return [...this.end(), piece];
    const begins = !this.#run;
    this.#run = true;
    return [{ text: this.#bytes.push(Uint8Array.of(parseInt(code, 16))), begins }];
  }

  end(): TokenPiece[] {
    this.#run = false;
    const text = this.#bytes.end();
    return text === "" ? [] : [{ text, begins: false }];
  }
}
