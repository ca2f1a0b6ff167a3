/**
 * Steps of decoding: each takes pieces of tokens as they come and gives text as soon as it is known.
 *
 * @module
 */
import { BLANKS, cleanedToken } from "./clean_up.ts";

/** A piece of a token. */
export interface TokenPiece {
  /** Its text. */
  readonly text: string;
  /** Whether a token begins with it; else it goes on. */
  readonly begins: boolean;
  /** Whether the token is an added one. */
  readonly added?: boolean;
}

/** One step of decoding. */
export interface Stage {
  /** Takes a piece and returns the pieces that are known now. */
  push(piece: TokenPiece): TokenPiece[];
  /** Gives what was held, at the end of the text. */
  end(): TokenPiece[];
  /** Whether something is held. */
  readonly pending: boolean;
}

/** A step that looks at one piece and the number of its token. */
function each(change: (piece: TokenPiece, token: number) => TokenPiece): Stage {
  let token = -1;
  return { push: (piece) => [change(piece, piece.begins ? ++token : token)], end: () => [], pending: false };
}

/** All tokens become one. */
export function fused(): Stage {
  return each(({ text, begins }, token) => ({ text, begins: begins && token === 0 }));
}

/** Tokens with blanks between them. */
export function joined(): Stage {
  return each(({ text, begins }, token) => ({ text: begins && token > 0 ? ` ${text}` : text, begins }));
}

/** The mark becomes a blank, in the first token `first`. */
export function metaspace(mark: string, first: string): Stage {
  return each(({ text, begins }, token) => ({ text: text.replaceAll(mark, token === 0 ? first : " "), begins }));
}

/** Tokens with the prefix go on a word, the others begin one. */
export function wordPiece(prefix: string, cleans: boolean): Stage {
  return each(({ text, begins }, token) => {
    const continues = !begins || token === 0, marked = begins && prefix !== "" && text.startsWith(prefix);
    const word = continues ? text : marked ? text.slice(prefix.length) : ` ${text}`;
    return { text: cleans ? cleanedToken(word) : word, begins };
  });
}

/** A step that holds text of the token that came last. */
abstract class Holding implements Stage {
  protected held = "";

  get pending(): boolean {
    return this.held !== "";
  }

  push(piece: TokenPiece): TokenPiece[] {
    const before = piece.begins ? this.end() : [];
    return [...before, { ...piece, text: this.take(this.held + piece.text, piece.begins) }];
  }

  end(): TokenPiece[] {
    const text = this.rest(this.held);
    this.held = "";
    return text === "" ? [] : [{ text, begins: false }];
  }

  /** Takes the text that is known, and leaves the rest of it in `held`. */
  protected abstract take(text: string, begins: boolean): string;

  /** What becomes of held text when its token is over. */
  protected abstract rest(held: string): string;
}

/** Replaces a text inside of each token. */
export class Replace extends Holding {
  constructor(readonly pattern: string, readonly content: string) {
    super();
  }

  protected take(text: string): string {
    const { pattern, content } = this, known = text.split(pattern);
    const last = known.pop()!;
    let keep = Math.min(pattern.length - 1, last.length);
    while (keep > 0 && !pattern.startsWith(last.slice(last.length - keep))) keep--;
    this.held = last.slice(last.length - keep);
    return [...known, last.slice(0, last.length - keep)].join(content);
  }

  protected rest(held: string): string {
    return held;
  }
}

/** Steps that take blanks away from the whole text. */
export function cleanUp(): Stage[] {
  return [fused(), ...BLANKS.map((pattern) => new Replace(pattern, pattern.trim()))];
}

/** Takes a character away: at most `start` times before each token, at most `stop` times after it. */
export class Strip extends Holding {
  #left = 0;

  constructor(readonly content: string, readonly start: number, readonly stop: number) {
    super();
  }

  protected take(text: string, begins: boolean): string {
    const { content } = this;
    if (begins) this.#left = this.start;
    for (; this.#left > 0 && text.startsWith(content); this.#left--) text = text.slice(content.length);
    if (text !== "") this.#left = 0;
    let end = text.length;
    for (let i = 0; i < this.stop && text.slice(0, end).endsWith(content); i++) end -= content.length;
    this.held = text.slice(end);
    return text.slice(0, end);
  }

  protected rest(): string {
    return "";
  }
}

/** A suffix at the end of words becomes a blank, in the last token nothing. */
export class WordEnds implements Stage {
  #held = "";

  constructor(readonly suffix: string) {}

  get pending(): boolean {
    return this.#held !== "";
  }

  push({ text, begins }: TokenPiece): TokenPiece[] {
    const before = this.#held.replaceAll(this.suffix, " "), at = text.indexOf(this.suffix);
    this.#held = at < 0 ? "" : text.slice(at);
    return [{ text: before + (at < 0 ? text : text.slice(0, at)), begins }];
  }

  end(): TokenPiece[] {
    const text = this.#held.replaceAll(this.suffix, "");
    this.#held = "";
    return [{ text, begins: false }];
  }
}
