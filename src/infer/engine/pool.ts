/**
 * Which parts of the caches are free.
 *
 * @module
 */

/** A part of a pool. */
export interface Part {
  /** First unit. */
  readonly start: number;
  /** Units. */
  readonly units: number;
}

/** Units in a row, of which parts are taken and given back: the first gap that is large enough is used. */
export class Pool {
  #gaps: Part[];

  /** All units are free. */
  constructor(readonly units: number) {
    this.#gaps = [{ start: 0, units }];
  }

  /** Takes a part; undefined where no gap is large enough. */
  take(units: number): Part | undefined {
    const at = this.#gaps.findIndex((gap) => gap.units >= units);
    if (at < 0) return undefined;
    const { start, units: free } = this.#gaps[at];
    this.#gaps.splice(at, 1, ...(free > units ? [{ start: start + units, units: free - units }] : []));
    return { start, units };
  }

  /** Gives a part back; gaps that touch become one. */
  give(part: Part): void {
    const gaps: Part[] = [];
    for (const gap of [...this.#gaps, part].sort((a, b) => a.start - b.start)) {
      const last = gaps.at(-1);
      if (last && last.start + last.units === gap.start) {
        gaps[gaps.length - 1] = { start: last.start, units: last.units + gap.units };
      } else gaps.push(gap);
    }
    this.#gaps = gaps;
  }

  /** Units that are free. */
  get free(): number {
    return this.#gaps.reduce((sum, { units }) => sum + units, 0);
  }
}
