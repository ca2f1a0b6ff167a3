/**
 * Texts that end generation. Those that are cut off hold pieces back for as long as these may be the beginning of one.
 *
 * @module
 */

/** Throws a RangeError unless a value is a list of texts, none empty. */
function requireTexts(name: string, stops: readonly string[]): void {
  if (!Array.isArray(stops) || stops.some((stop) => typeof stop !== "string")) {
    throw new RangeError(`Cannot generate: ${name} is ${JSON.stringify(stops)}, expected a list of texts`);
  }
  if (stops.includes("")) throw new RangeError(`Cannot generate: a ${name} text is empty`);
}

/** Pieces on their way, of which none shows any part of a stop text, or anything after a text to stop after. */
export class StopText<P extends { readonly text: string }> {
  readonly #stops: readonly string[];
  readonly #after: readonly string[];
  readonly #reach: number;
  #held: P[] = [];
  #tail = "";
  #stopped = false;

  /** Watches for texts to be cut off and for texts to be kept. Throws a RangeError for an empty one, and for no list of texts. */
  constructor(stops: readonly string[], after: readonly string[] = []) {
    requireTexts("stop", stops);
    requireTexts("stopAfter", after);
    this.#stops = stops;
    this.#after = after;
    this.#reach = Math.max(0, ...after.map(({ length }) => length - 1));
  }

  /** Whether a text that ends generation was found; no piece follows it. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Adds a piece; returns the pieces that no stop text can overlap. The last one is cut at the end. */
  push(piece: P): P[] {
    this.#held.push(piece);
    const text = this.#held.map(({ text }) => text).join("");
    const ends = [
      ...this.#stops.map((stop) => text.indexOf(stop)),
      ...this.#after.map((stop) => this.#endOf(stop, text)),
    ]
      .filter((at) => at >= 0);
    this.#stopped = ends.length > 0;
    const pieces = this.#stopped
      ? this.#release(Math.min(...ends), true)
      : this.#release(text.length - this.#begun(text), false);
    if (this.#reach > 0) this.#tail = (this.#tail + pieces.map(({ text }) => text).join("")).slice(-this.#reach);
    return pieces;
  }

  /** Where a text to stop after ends in the held text, of which a part may have been given already; -1 where it does not. */
  #endOf(stop: string, held: string): number {
    const at = (this.#tail + held).indexOf(stop);
    return at < 0 ? -1 : at + stop.length - this.#tail.length;
  }

  /** The pieces that were held back for a stop text that did not come. */
  rest(): P[] {
    return this.#held.splice(0);
  }

  /** Characters at the end of a text that a stop text may begin with, at most. */
  #begun(text: string): number {
    const lengths = this.#stops.map((stop) => {
      const most = Math.min(stop.length - 1, text.length);
      return Array.from({ length: most }, (_, i) => most - i).find((n) => text.endsWith(stop.slice(0, n))) ?? 0;
    });
    return Math.max(0, ...lengths);
  }

  /** Held pieces that lie within the first characters; with `cut` also the beginning of the piece at their end. */
  #release(characters: number, cut: boolean): P[] {
    const pieces: P[] = [];
    while (this.#held.length > 0 && this.#held[0].text.length <= characters) {
      const piece = this.#held.shift()!;
      characters -= piece.text.length;
      pieces.push(piece);
    }
    if (cut && characters > 0) pieces.push({ ...this.#held[0], text: this.#held[0].text.slice(0, characters) });
    return pieces;
  }
}
