/**
 * Streams of text from a tokenizer that only decodes whole lists of ids.
 *
 * @module
 */

/** A text whose ids come one by one. */
export interface TextDecoding {
  /** Whether text is held that only the next id, or the end, decides. */
  readonly pending: boolean;
  /** The text that an id brings, possibly empty. */
  push(id: number): string;
  /** The text that was held. */
  end(): string;
}

/** Ids before the next piece that it may depend on: the blank between words, the beginning of a character. */
const CONTEXT = 8;

/** Ids of a window; then all but the last ones leave it. */
const WINDOW = 32;

/** The most ids that the beginning of a character takes: it has at most four bytes. */
const INCOMPLETE = 3;

/** Decodes the last ids again with every new one. A U+FFFD at the end is held until three more ids did not change it. */
export class WindowDecoding implements TextDecoding {
  #ids: number[] = [];
  #shown = 0;
  #text = "";
  /** Text of the prompt that was held at its end. */
  #before = "";

  /** Starts a text after a prompt, whose text is given again only where later ids change it. */
  constructor(readonly tokenizer: { decode(ids: readonly number[]): string }, prompt: readonly number[] = []) {
    for (const id of prompt) this.push(id);
    this.#before = this.#text.slice(this.#shown);
  }

  get pending(): boolean {
    return this.#shown < this.#text.length;
  }

  push(id: number): string {
    this.#ids.push(id);
    this.#text = this.tokenizer.decode(this.#ids);
    const known = this.#known();
    let piece = "";
    if (known >= this.#shown + this.#before.length) {
      this.#skipPrompt();
      piece = this.#text.slice(this.#shown, known);
      this.#shown = Math.max(this.#shown, known);
    }
    if (this.#ids.length > WINDOW) this.#slide();
    return piece;
  }

  end(): string {
    this.#skipPrompt();
    const piece = this.#text.slice(this.#shown);
    this.#ids = [];
    this.#shown = 0;
    this.#text = "";
    return piece;
  }

  /** Passes over the held text of the prompt, as far as it is still the same. */
  #skipPrompt(): void {
    const before = this.#before, start = this.#shown;
    this.#before = "";
    for (let i = 0; i < before.length && before[i] === this.#text[start + i]; i++) this.#shown++;
  }

  /** Characters of the text that no later id changes. */
  #known(): number {
    const complete = this.#text.replace(/\ufffd+$/, "").length;
    if (complete === this.#text.length) return complete;
    return Math.max(complete, this.tokenizer.decode(this.#ids.slice(0, -INCOMPLETE)).length);
  }

  /** Drops leading ids whose removal does not change the text of the others. */
  #slide(): void {
    const ids = this.#ids.slice(-CONTEXT), text = this.tokenizer.decode(ids);
    const held = this.#text.slice(this.#shown);
    if (!text.endsWith(held)) return;
    this.#ids = ids;
    this.#text = text;
    this.#shown = text.length - held.length;
  }
}
