/**
 * Texts that end generation: pieces are held back for as long as they may be the beginning of one.
 *
 * @module
 */

/** Pieces on their way, of which none shows any part of a stop text. */
export class StopText<P extends { readonly text: string }> {
  readonly #stops: readonly string[];
  #held: P[] = [];
  #stopped = false;

  /** Watches for some texts. Throws a RangeError for an empty one, and for no list of texts. */
  constructor(stops: readonly string[]) {
    if (!Array.isArray(stops) || stops.some((stop) => typeof stop !== "string")) {
      throw new RangeError(`Cannot generate: stop is ${JSON.stringify(stops)}, expected a list of texts`);
    }
    if (stops.includes("")) throw new RangeError("Cannot generate: a stop text is empty");
    this.#stops = stops;
  }

  /** Whether a stop text was found; no piece follows it. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Adds a piece; returns the pieces that no stop text can overlap. The last one is cut at a stop text. */
  push(piece: P): P[] {
    this.#held.push(piece);
    const text = this.#held.map(({ text }) => text).join("");
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    this.#stopped = found.length > 0;
    return this.#stopped
      ? this.#release(Math.min(...found), true)
      : this.#release(text.length - this.#begun(text), false);
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
