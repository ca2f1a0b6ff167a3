/**
 * Kinds of characters that normalizers and pre-tokenizers ask for.
 *
 * @module
 */

/** White space as Unicode defines it: U+0085 is, U+FEFF is not. */
export const SPACE = /\p{White_Space}/u;

/** ASCII punctuation, and the categories P. */
export const PUNCTUATION = "\\p{P}\\u0021-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007e";

/** Lower case by character: a capital sigma becomes σ wherever it stands. */
export function lowerCase(text: string): string {
  return text.includes("Σ") ? text.split("Σ").map((part) => part.toLowerCase()).join("σ") : text.toLowerCase();
}

/** A text without white space at its ends. */
export function strip(text: string, left: boolean, right: boolean): string {
  const begun = left ? text.replace(/^\p{White_Space}+/u, "") : text;
  let end = begun.length;
  while (right && end > 0 && SPACE.test(begun[end - 1])) end--;
  return begun.slice(0, end);
}
