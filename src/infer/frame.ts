/**
 * Special tokens that a tokenizer puts around every text.
 *
 * @module
 */
import type { Tokenizer } from "./tokenizer.ts";

/** Ids before every text. */
export function idsBefore(tokenizer: Tokenizer): number[] {
  const whole = tokenizer.encode("a"), bare = tokenizer.encode("a", { bare: true });
  const at = whole.findIndex((_, i) => bare.every((id, j) => whole[i + j] === id));
  return whole.slice(0, Math.max(0, at));
}

/** Number of ids after every text. */
export function countAfter(tokenizer: Tokenizer): number {
  const [bare, some] = ["", "a"].map((text) => tokenizer.encode(text));
  let count = 0;
  while (count < Math.min(bare.length, some.length - 1) && bare.at(-1 - count) === some.at(-1 - count)) count++;
  return count;
}
