/**
 * Scored tokens with their texts.
 *
 * @module
 */
import { TextStream, type Tokenizer } from "../tokenizer.ts";
import type { ScoredSequence } from "./score_inputs.ts";
import type { TokenScores } from "./token_scores.ts";

/** One of the likeliest tokens at a place. */
export interface TopToken {
  /** The token. */
  readonly id: number;
  /** The text that it adds after the token before it; U+FFFD for a part of a character. */
  readonly text: string;
  /** Its log-probability, nats. */
  readonly logProb: number;
}

/** A token and its score. */
export interface TokenScore {
  /** The token. */
  readonly id: number;
  /** The text that it adds; empty while a character is incomplete, and without a tokenizer. */
  readonly text: string;
  /** Its log-probability under the tokens before it, nats. */
  readonly logProb: number;
  /** Whether it is the likeliest token, of equally likely ones the lowest id. */
  readonly greedy: boolean;
  /** Recursions that the token before it ran. */
  readonly depth: number;
  /** The likeliest tokens at its place, best first, where they were asked for. */
  readonly top?: readonly TopToken[];
}

/** The text that a token adds after another one; U+FFFD for a part of a character. */
export function textAfter(tokenizer: Tokenizer | undefined, before: number, id: number): string {
  if (!tokenizer) return "";
  const alone = tokenizer.decode([before]), both = tokenizer.decode([before, id]);
  return both.startsWith(alone) ? both.slice(alone.length) : tokenizer.decode([id]);
}

/** The likeliest tokens after a token, at most `top` of those listed as pairs (id, log-probability). */
export function pairedTokens(
  tokenizer: Tokenizer | undefined,
  before: number,
  pairs: ArrayLike<number>,
  top: number,
): TopToken[] {
  const listed = Array.from({ length: Math.min(top, pairs.length / 2) }, (_, j) => 2 * j);
  return listed.filter((at) => pairs[at] >= 0).map((at) => {
    return { id: pairs[at], text: textAfter(tokenizer, before, pairs[at]), logProb: pairs[at + 1] };
  });
}

/** The `top` likeliest tokens at place i of some scores, after a token. */
export function topTokens(
  tokenizer: Tokenizer | undefined,
  before: number,
  { logProbs, topIds, topLogProbs }: TokenScores,
  { i, top }: { readonly i: number; readonly top: number },
): TopToken[] {
  const k = topIds.length / logProbs.length;
  const pairs = Array.from({ length: 2 * k }, (_, at) => (at % 2 ? topLogProbs : topIds)[i * k + (at >> 1)]);
  return pairedTokens(tokenizer, before, pairs, top);
}

/** The scored tokens of a sequence, with the `top` likeliest at each place. */
export function describeTokens(
  tokenizer: Tokenizer | undefined,
  { ids, from }: ScoredSequence,
  scores: TokenScores,
  top: number,
): TokenScore[] {
  const { logProbs, greedy, depths } = scores, all = Array.from(ids);
  const stream = tokenizer && new TextStream(tokenizer, all.slice(0, from));
  return Array.from(logProbs, (logProb, i) => {
    const t = from + i, id = all[t], last = t + 1 === all.length;
    return {
      id,
      text: stream ? stream.push(id) + (last ? stream.end() : "") : "",
      ...{ logProb, greedy: greedy[i] === 1, depth: depths[i] },
      ...(top > 0 && { top: topTokens(tokenizer, all[t - 1], scores, { i, top }) }),
    };
  });
}
