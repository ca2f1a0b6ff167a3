/**
 * The clean-up of blanks before punctuation and contractions in decoded text.
 *
 * @module
 */

/** Texts from which blanks are removed, in order. */
export const BLANKS: readonly string[] = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"];

/** Cleans up a WordPiece token, whose decoder has one more rule. */
export function cleanedToken(text: string): string {
  const take = (text: string, pattern: string) => text.replaceAll(pattern, pattern.trim());
  return BLANKS.slice(7).reduce(take, BLANKS.slice(0, 7).reduce(take, text).replaceAll(" do not", " don't"));
}
