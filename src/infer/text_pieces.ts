/**
 * The text of a generation in pieces, one a token, watched for stop texts.
 *
 * @module
 */
import { StopText } from "./stop_text.ts";
import { TextStream, type Tokenizer } from "./tokenizer.ts";

/** Pieces on their way. A token that leaves a character incomplete waits for the next one, or for the end. */
export class TextPieces<P extends { readonly id: number; readonly text: string }> {
  readonly #stream?: TextStream;
  readonly #stops: StopText<P>;
  #waiting?: P;

  /** Starts after a prompt; without a tokenizer, pieces have no text. Throws a RangeError for an empty stop text. */
  constructor(
    tokenizer: Tokenizer | undefined,
    prompt: readonly number[],
    stop: readonly string[],
    stopAfter: readonly string[] = [],
  ) {
    this.#stream = tokenizer && new TextStream(tokenizer, prompt);
    this.#stops = new StopText(stop, stopAfter);
  }

  /** Whether a stop text was found; no piece follows it. */
  get stopped(): boolean {
    return this.#stops.stopped;
  }

  /** Takes a token, and gives the pieces that may be shown now. */
  push(token: Omit<P, "text">): P[] {
    const piece = { ...token, text: this.#stream?.push(token.id as number) ?? "" } as P;
    const before = this.#release();
    if (this.stopped) return before;
    if (!this.#stream?.pending) return [...before, ...this.#stops.push(piece)];
    this.#waiting = piece;
    return before;
  }

  /** The pieces that were held, the last one with the text of bytes that never became a character. */
  end(): P[] {
    if (this.stopped) return [];
    if (this.#waiting) this.#waiting = { ...this.#waiting, text: this.#waiting.text + this.#stream!.end() };
    const last = this.#release();
    return this.stopped ? last : [...last, ...this.#stops.rest()];
  }

  #release(): P[] {
    const piece = this.#waiting;
    this.#waiting = undefined;
    return piece ? this.#stops.push(piece) : [];
  }
}
