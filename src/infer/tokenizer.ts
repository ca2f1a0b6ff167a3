/**
 * What the library asks of a tokenizer; `loadTokenizer` of the package makes one from a `tokenizer.json`.
 *
 * @module
 */
import { isList } from "../common/options.ts";
import { show } from "../common/words.ts";
import { type TextDecoding, WindowDecoding } from "./window_decoding.ts";

/** Text to ids and back. */
export interface Tokenizer {
  /** Ids of a text, with the special tokens that its model wants; without them if `bare`. */
  encode(text: string, options?: { readonly bare?: boolean }): number[];
  /** Text of ids, special tokens left out. */
  decode(ids: readonly number[]): string;
  /** Starts a text whose ids come one by one; without it, `decode` is called again and again. */
  decoding?(): TextDecoding;
  /** The token that hides others, where there is one. */
  readonly mask?: { readonly text: string; readonly id: number };
  /** Texts of special tokens by id, which `decode` leaves out. */
  readonly special?: ReadonlyMap<number, string>;
}

/** Ids of a text, without special tokens around it if `bare`. Throws without a text, a tokenizer or any resulting id. */
export function encodeText(
  tokenizer: Tokenizer | undefined,
  text: string,
  options?: { readonly bare?: boolean },
): number[] {
  if (typeof text !== "string") throw new RangeError(`Cannot encode text: it is ${show(text)}, expected a text`);
  if (!tokenizer) throw new Error("Cannot encode text: the model was loaded without a tokenizer");
  if (text.length === 0) throw new RangeError("Cannot encode text: it is empty");
  const ids = tokenizer.encode(text, options);
  if (ids.length === 0) {
    throw new RangeError(`Cannot encode text: the tokenizer made no tokens of ${JSON.stringify(text)}`);
  }
  return ids;
}

/** Ids of a prompt, which is a text or has them. Throws as {@link encodeText} does, and for anything else. */
export function promptIds(tokenizer: Tokenizer | undefined, prompt: string | ArrayLike<number>): ArrayLike<number> {
  if (typeof prompt === "string") return encodeText(tokenizer, prompt);
  if (isList(prompt)) return prompt;
  throw new RangeError(`Cannot generate: the prompt is ${show(prompt)}, expected a text or a list of ids`);
}

/** Turns ids, one at a time, into pieces of text; only bytes of an incomplete character are held. */
export class TextStream {
  readonly #decoding: TextDecoding;

  /** Starts after a prompt, whose text is not shown again. */
  constructor(tokenizer: Tokenizer, prompt: readonly number[]) {
    const own = tokenizer.decoding?.();
    for (const id of own ? prompt : []) own!.push(id);
    this.#decoding = own ?? new WindowDecoding(tokenizer, prompt);
  }

  /** Whether the next id, or the end, decides about text that is held. */
  get pending(): boolean {
    return this.#decoding.pending;
  }

  /** The new text that an id brings, possibly empty. */
  push(id: number): string {
    return this.#decoding.push(id);
  }

  /** The text that was held, at the end: U+FFFD for bytes that never became a character. */
  end(): string {
    return this.#decoding.end();
  }
}
