/**
 * Blanks before punctuation and contractions, which some tokenizers take away from decoded text.
 *
 * @module
 */

/** What is replaced by itself without blanks, one after the other. */
export const BLANKS: readonly string[] = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"];

/** A token of WordPiece without these blanks; its decoder knows one more. */
export function cleanedToken(text: string): string {
  const take = (text: string, pattern: string) => text.replaceAll(pattern, pattern.trim());
  return BLANKS.slice(7).reduce(take, BLANKS.slice(0, 7).reduce(take, text).replaceAll(" do not", " don't"));
}
