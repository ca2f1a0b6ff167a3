/**
 * Words of error messages: values shown in short, and the nearest known name for a misspelt one.
 *
 * @module
 */

/** Characters of a value or key in a message at most. */
const LONGEST_SHOWN = 200;

/** Characters of a key that are compared with known ones: the time of a comparison grows with the product of lengths. */
const LONGEST_COMPARED = 64;

/** A text for a message, cut where it is long. */
export function cut(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)` : text;
}

/** A value as text for a message, at most about 200 characters. */
export function show(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch { /* circular, or a bigint */ }
  return cut(text ?? String(value));
}

/** Number of single-letter edits between two words. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}

/** The candidate with the fewest edits from a word, of which only the beginning is compared where it is long. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const start = word.slice(0, LONGEST_COMPARED);
  return [...candidates].map((candidate) => ({ candidate, edits: editDistance(start, candidate) }))
    .sort((a, b) => a.edits - b.edits)[0]?.candidate;
}
