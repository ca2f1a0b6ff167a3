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

/** The likeliest tokens of entry i of k, `top` at most, after a token. */
export function topTokens(
  tokenizer: Tokenizer | undefined,
  before: number,
  { topIds, topLogProbs }: Pick<TokenScores, "topIds" | "topLogProbs">,
  { i, k, top }: { readonly i: number; readonly k: number; readonly top: number },
): TopToken[] {
  const entries = Array.from({ length: Math.min(k, top) }, (_, j) => i * k + j).filter((at) => topIds[at] >= 0);
  return entries.map((at) => {
    const id = topIds[at];
    return { id, text: textAfter(tokenizer, before, id), logProb: topLogProbs[at] };
  });
}

/** The scored tokens of a sequence, with the `top` likeliest at each place. */
export function describeTokens(
  tokenizer: Tokenizer | undefined,
  { ids, from }: ScoredSequence,
  scores: TokenScores,
  top: number,
): TokenScore[] {
  const { logProbs, greedy, depths, topIds } = scores, all = Array.from(ids);
  const stream = tokenizer && new TextStream(tokenizer, all.slice(0, from)), k = topIds.length / logProbs.length;
  return Array.from(logProbs, (logProb, i) => {
    const t = from + i, id = all[t], last = t + 1 === all.length;
    return {
      id,
      text: stream ? stream.push(id) + (last ? stream.end() : "") : "",
      ...{ logProb, greedy: greedy[i] === 1, depth: depths[i] },
      ...(top > 0 && { top: topTokens(tokenizer, all[t - 1], scores, { i, k, top }) }),
    };
  });
}
