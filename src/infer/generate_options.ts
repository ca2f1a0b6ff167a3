/**
 * Options of generation, and the pieces that it gives.
 *
 * @module
 */
import { callback, checkOptions, number, type OptionKinds, signal, texts } from "../common/options.ts";
import { demandSeed, demandWhole } from "../common/whole.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import { type SamplingOptions, samplingRow } from "../ops/sample.ts";
import type { TopToken } from "./score/token_list.ts";
import { StopText } from "./stop_text.ts";
import { TRUNCATE_KINDS, type TruncateOptions } from "./truncation.ts";

/** Likeliest tokens of a piece at most. */
export const MOST_ALTERNATIVES = 20;

/** Changes logits [V] in place, or returns others. */
export type LogitsProcessor = (logits: Float32Array, ids: readonly number[]) => Float32Array | void;

/** How a prompt is continued. Without any option the likeliest token is taken every time. */
export interface GenerateOptions extends SamplingOptions, TruncateOptions {
  /** New tokens at most; by default as many as there are positions, and as fit into 512 MiB of keys and values. */
  maxNewTokens?: number;
  /** Divides the logits; 0 takes the likeliest token. By default 1 where topK, topP, minP or a seed is given, else 0. */
  temperature?: number;
  /**
   * The same seed draws the same tokens on the same device; 0 by default. A whole number from −2³¹ to 2³¹ − 1; prompt b
   * of several has seed + b, modulo 2³².
   */
  seed?: number;
  /** Recursions of a routed model at most. */
  maxDepth?: number;
  /** Texts before which generation ends; they are cut off. */
  stop?: readonly string[];
  /** Texts after which generation ends; they are kept. */
  stopAfter?: readonly string[];
  /** Likeliest tokens reported with every piece, at most {@link MOST_ALTERNATIVES}; none unless given. */
  topLogProbs?: number;
  /**
   * Changes the logits [V] of the next token, in place or by returning others, before it is drawn; `ids` are those of the
   * prompt and of all tokens so far. −∞ excludes a token. Logits come to the host at every step, one step at a time.
   */
  logitsProcessor?: LogitsProcessor;
  /** Ends generation: the reader gets the signal's reason. */
  signal?: AbortSignal;
}

/** A piece of generated text. */
export interface Piece {
  /** New text, possibly empty while a character is incomplete; at the end, bytes that form no character become U+FFFD. */
  readonly text: string;
  /** The token. */
  readonly id: number;
  /** Recursions that the token before it ran, whose hidden state this one was drawn from. */
  readonly depth: number;
  /** Its log-probability under the model, before temperature and filters, after a `logitsProcessor`. */
  readonly logProb: number;
  /** The likeliest tokens at its place, best first, where they were asked for. */
  readonly top?: readonly TopToken[];
  /** Tokens that were removed from the prompt: in the first piece, where there are any. */
  readonly cutTokens?: number;
  /**
   * Router output of the token before it. Expert-choice: raw logit of the last recursion that ran. Token-choice: the
   * weight. 0 without routing.
   */
  readonly score: number;
}

/** Kinds of {@link SamplingOptions}. */
export const SAMPLING_KINDS: OptionKinds<SamplingOptions> = {
  temperature: number,
  topK: number,
  topP: number,
  minP: number,
  repetitionPenalty: number,
};

const KINDS: OptionKinds<GenerateOptions> = {
  ...SAMPLING_KINDS,
  ...TRUNCATE_KINDS,
  maxNewTokens: number,
  seed: number,
  maxDepth: number,
  stop: texts,
  stopAfter: texts,
  topLogProbs: number,
  logitsProcessor: callback,
  signal,
};

/** Options of `sample`: greedy unless an option asks for randomness. */
export function samplingOf(
  { temperature, seed, topK, topP, minP, repetitionPenalty }: GenerateOptions,
): SamplingOptions & { readonly temperature: number } {
  const random = [seed, topK, topP, minP].some((option) => option !== undefined);
  return { temperature: temperature ?? Number(random), topK, topP, minP, repetitionPenalty };
}

/** Throws a RangeError for options out of range. */
export function checkGenerating({ V, recursion: { routing, N } }: DecoderConfig, options: GenerateOptions): void {
  checkOptions("generate", options, KINDS);
  const { maxDepth, seed = 0, stop = [], stopAfter = [], topLogProbs = 0 } = options;
  samplingRow(samplingOf(options));
  demandSeed("generate", seed);
  demandWhole("generate", "topLogProbs", topLogProbs, 0, Math.min(MOST_ALTERNATIVES, V));
  new StopText(stop, stopAfter);
  if (maxDepth === undefined) return;
  const refuse = (reason: string) => new RangeError(`Cannot generate: maxDepth is ${maxDepth}, ${reason}`);
  if (routing === "none") throw refuse("but this model routes nothing");
  if (!(Number.isInteger(maxDepth) && maxDepth >= 1)) throw refuse(`expected a whole number from 1 to ${N}`);
}

/**
 * New tokens of a prompt of `length` tokens: at most `maxNewTokens` and the positions left. Where `maxNewTokens` is not
 * given, prompt and new tokens are at most `room` together.
 *
 * Throws a RangeError unless `maxNewTokens` is a whole number (or infinite), and where no position is left for a token.
 */
export function newTokensOf(
  length: number,
  maxPositions: number,
  maxNewTokens = Infinity,
  room = maxPositions,
): number {
  if (!(maxNewTokens >= 0 && (Number.isInteger(maxNewTokens) || maxNewTokens === Infinity))) {
    throw new RangeError(`Cannot generate: maxNewTokens is ${maxNewTokens}, expected a whole number`);
  }
  if (length > maxPositions || (length === maxPositions && maxNewTokens > 0)) {
    throw new RangeError(`Cannot generate: the prompt has ${length} tokens, and there are ${maxPositions} positions`);
  }
  return Math.min(maxNewTokens, (maxNewTokens === Infinity ? Math.max(room, length + 1) : maxPositions) - length);
}
