/**
 * Ids of a text as its checkpoint declares them: with the default prompt, in lower case, cut to the most tokens.
 *
 * @module
 */
import type { SentenceConfig } from "../model/config/sentence.ts";
import { encodeText, type Tokenizer } from "./tokenizer.ts";

/** Special tokens that a tokenizer puts after every text. */
function tokensAfter(tokenizer: Tokenizer): number {
  const [bare, some] = ["", "a"].map((text) => tokenizer.encode(text));
  let count = 0;
  while (count < Math.min(bare.length, some.length - 1) && bare.at(-1 - count) === some.at(-1 - count)) count++;
  return count;
}

/**
 * Ids of a text; a text that is too long loses tokens at its end, but none of the special ones after it. Throws as
 * {@link encodeText} does.
 */
export function sentenceIds(tokenizer: Tokenizer | undefined, text: string, declared?: SentenceConfig): number[] {
  if (!declared || text === "") return encodeText(tokenizer, text);
  const { prompt, lowerCase, maxTokens } = declared;
  const whole = prompt + text;
  const ids = encodeText(tokenizer, lowerCase ? whole.toLowerCase() : whole);
  if (ids.length <= maxTokens) return ids;
  const after = Math.min(maxTokens, tokensAfter(tokenizer!));
  return [...ids.slice(0, maxTokens - after), ...ids.slice(ids.length - after)];
}
