/**
 * One request's stream: tokens go in as they are drawn, pieces of text come out as they are asked for.
 *
 * @module
 */
import { NO_TOKEN } from "../../ops/sample.ts";
import type { LogitsProcessor, Piece } from "../generate_options.ts";
import { secondLoop } from "../../common/single.ts";
import { pairedTokens } from "../score/token_list.ts";
import { TextPieces } from "../text_pieces.ts";
import type { Tokenizer } from "../tokenizer.ts";
import type { Finish, Generation } from "./api.ts";

/** A token as it comes off the device. */
export interface DrawnToken {
  /** The token. */
  readonly id: number;
  /** Recursions that the token before it ran. */
  readonly depth: number;
  /** Its log-probability. */
  readonly logProb: number;
  /** Router score of the last of those recursions. */
  readonly score: number;
  /** The likeliest tokens at its place as pairs (id, log-probability), where they were asked for. */
  readonly pairs?: ArrayLike<number>;
}

/** The logits of a step of a sequence are not finite. */
export class NotFiniteError extends Error {
  /** At a step, from 1. */
  constructor(readonly step: number) {
    super(`Cannot generate: the logits of step ${step} are not finite`);
  }

  /** The same error of one sequence among several. */
  of(sequence: string): Error {
    return new Error(`Cannot generate: the logits of step ${this.step} of ${sequence} are not finite`);
  }
}

/** What a stream needs to know. */
export interface StreamOptions {
  /** Ids of the prompt. */
  readonly prompt: readonly number[];
  /** New tokens at most. */
  readonly most: number;
  /** Ids that end it. */
  readonly ends: readonly number[];
  /** Texts that end it, cut off. */
  readonly stop: readonly string[];
  /** Texts that end it, kept. */
  readonly stopAfter?: readonly string[];
  /** Tokens that were removed from the prompt. */
  readonly cutTokens?: number;
  /** Likeliest tokens of a piece. */
  readonly top?: number;
  /** Changes the logits of its tokens. */
  readonly processor?: LogitsProcessor;
  /** Without one, pieces have no text. */
  readonly tokenizer?: Tokenizer;
  /** Aborts it. */
  readonly signal?: AbortSignal;
}

/** A {@link Generation} that an engine feeds. */
export class Stream implements Generation {
  /** New tokens so far, an end token not counted. */
  newTokens = 0;
  /** Why it ended. */
  finish: Finish | undefined;
  /** The end token that ended it. */
  endToken: DrawnToken | undefined;
  /** Milliseconds from its submission until it had a slot. */
  queueMs: number | undefined;
  /** Whether its reader has cancelled it. */
  cancelled = false;
  /** Steps since the last token. */
  idleSteps = 0;
  /** Ids of the prompt and of all tokens so far. */
  readonly ids: number[];
  readonly #submitted = performance.now();
  readonly #pieces: Piece[] = [];
  readonly #text: TextPieces<Piece>;
  #fault?: { readonly reason: unknown };
  #wake?: () => void;
  #read = false;
  readonly #aborted = () => this.fail(this.options.signal!.reason);

  /** A stream without tokens. Throws a RangeError for an empty stop text. */
  constructor(readonly options: StreamOptions) {
    const { tokenizer, prompt, stop, stopAfter, signal } = options;
    this.#text = new TextPieces(tokenizer, prompt, stop, stopAfter);
    this.ids = [...prompt];
    if (signal?.aborted) this.fail(signal.reason);
    else signal?.addEventListener("abort", this.#aborted);
  }

  /** Tokens of the prompt. */
  get promptTokens(): number {
    return this.options.prompt.length;
  }

  /** Tokens that were removed from the prompt. */
  get cutTokens(): number {
    return this.options.cutTokens ?? 0;
  }

  /** Whether it wants no more tokens. */
  get over(): boolean {
    return this.cancelled || this.finish !== undefined || this.#fault !== undefined;
  }

  /** Records that it has a slot. */
  admitted(): void {
    this.queueMs = performance.now() - this.#submitted;
  }

  /** Takes a token, or fails where none could be drawn. */
  push({ pairs, ...token }: DrawnToken): void {
    if (token.id === NO_TOKEN) return this.fail(new NotFiniteError(this.newTokens + 1));
    const { ends, most } = this.options;
    this.idleSteps = 0;
    if (ends.includes(token.id)) {
      this.end("stop");
      if (!this.#text.stopped) this.endToken = token;
      return;
    }
    this.newTokens++;
    const { tokenizer, top } = this.options, { cutTokens } = this;
    const more = {
      ...(top && pairs && { top: pairedTokens(tokenizer, this.ids.at(-1)!, pairs, top) }),
      ...(cutTokens > 0 && this.newTokens === 1 && { cutTokens }),
    };
    this.ids.push(token.id);
    this.#pieces.push(...this.#text.push({ ...token, ...more }));
    if (this.#text.stopped) this.end("stop");
    else if (this.newTokens >= most) this.end("length");
    this.#wake?.();
  }

  /** No more tokens come. */
  end(finish: Finish): void {
    this.#pieces.push(...this.#text.end());
    this.finish = this.#text.stopped ? "stop" : finish;
    this.#close();
  }

  /** Ends it with an error, which its reader gets. */
  fail(reason: unknown): void {
    if (this.over) return;
    this.#fault = { reason };
    this.#close();
  }

  /** Ends it without one. */
  cancel(): void {
    this.cancelled = true;
    this.#pieces.length = 0;
    this.#close();
  }

  /** Lets go of the signal, and tells the reader. */
  #close(): void {
    this.options.signal?.removeEventListener("abort", this.#aborted);
    this.#wake?.();
  }

  /** Pieces as they come. Throws what it failed with, and at once for a second loop unless the stream was cancelled. */
  [Symbol.asyncIterator](): AsyncGenerator<Piece> {
    if (this.#read && !this.cancelled) throw secondLoop("generate");
    this.#read = true;
    return this.#come();
  }

  async *#come(): AsyncGenerator<Piece> {
    try {
      while (true) {
        while (this.#pieces.length > 0) yield this.#pieces.shift()!;
        if (this.#fault) throw this.#fault.reason;
        if (this.over) return;
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      if (!this.over) this.cancel();
    }
  }
}
