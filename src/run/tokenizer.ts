/**
 * What the library asks of a tokenizer; `loadTokenizer` of the package makes one from a `tokenizer.json`.
 *
 * @module
 */

/** Text to ids and back. */
export interface Tokenizer {
  /** Ids of a text, with the special tokens its model wants. */
  encode(text: string): number[];
  /** Text of ids, special tokens left out. */
  decode(ids: readonly number[]): string;
  /** The token that hides others, where there is one. */
  readonly mask?: { readonly text: string; readonly id: number };
}

/** Ids of a text. Throws when there is no text, no tokenizer, or nothing comes out. */
export function encodeText(tokenizer: Tokenizer | undefined, text: string): number[] {
  if (!tokenizer) throw new Error("Cannot encode text: the model was loaded without a tokenizer");
  if (text.length === 0) throw new RangeError("Cannot encode text: it is empty");
  const ids = tokenizer.encode(text);
  if (ids.length === 0) {
    throw new RangeError(`Cannot encode text: the tokenizer made no tokens of ${JSON.stringify(text)}`);
  }
  return ids;
}

/** Tokens of a prompt that are decoded with the first new one: what a character or a word boundary may depend on. */
const CONTEXT = 8;

/** Turns ids, one at a time, into pieces of text; characters that are not complete yet are held back. */
export class TextStream {
  /** The ids of the piece before the next one, then those of the next one so far. */
  #ids: number[];
  #shown: number;

  /** Starts after a prompt, whose text is not shown again. */
  constructor(readonly tokenizer: Tokenizer, prompt: readonly number[]) {
    this.#ids = prompt.slice(-CONTEXT);
    this.#shown = this.#ids.length;
  }

  /** The new text that an id brings, possibly empty. */
  push(id: number): string {
    const whole = this.tokenizer.decode(this.#ids.slice(0, this.#shown));
    const before = whole.replace(/\ufffd+$/, "");
    this.#ids.push(id);
    const text = this.tokenizer.decode(this.#ids);
    if (text.length <= before.length || text.endsWith("\ufffd")) return "";
    if (whole === before) this.#ids = this.#ids.slice(this.#shown); // no character begins before and ends here
    this.#shown = this.#ids.length;
    return text.slice(before.length);
  }
}
