/**
 * Blanks before punctuation and contractions, which some tokenizers take away from decoded text.
 *
 * @module
 */
import type { Stage, TokenPiece } from "./stages.ts";

/** What is replaced, in this order, by itself without blanks. */
const PATTERNS = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"];

/** A whole text without these blanks. */
export function cleaned(text: string): string {
  return PATTERNS.reduce((text, pattern) => text.replaceAll(pattern, pattern.trim()), text);
}

/** A token of WordPiece without them; its decoder knows one more. */
export function cleanedToken(text: string): string {
  const [before, after] = [PATTERNS.slice(0, 7), PATTERNS.slice(7)];
  const take = (text: string, patterns: readonly string[]) =>
    patterns.reduce((text, pattern) => text.replaceAll(pattern, pattern.trim()), text);
  return take(take(text, before).replaceAll(" do not", " don't"), after);
}

/** Cleans a text as it comes; text is held as long as a pattern may begin in it. */
export class CleanUp implements Stage {
  #held = "";

  get pending(): boolean {
    return this.#held !== "";
  }

  push({ text, begins }: TokenPiece): TokenPiece[] {
    const whole = this.#held + text, blank = whole.lastIndexOf(" "), tail = whole.slice(Math.max(0, blank));
    const begun = blank >= 0 && PATTERNS.some((pattern) => pattern.length > tail.length && pattern.startsWith(tail));
    let cut = begun ? blank : whole.length;
    while (whole.slice(cut - 2, cut) === " '" && cut >= 2) cut -= 2; // the quote between two blanks
    this.#held = whole.slice(cut);
    return [{ text: cleaned(whole.slice(0, cut)), begins }];
  }

  end(): TokenPiece[] {
    const text = cleaned(this.#held);
    this.#held = "";
    return [{ text, begins: false }];
  }
}
