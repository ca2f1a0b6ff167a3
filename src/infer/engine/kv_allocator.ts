/**
 * Which parts of the caches are free.
 *
 * @module
 */

/** A range of pages. */
export interface PageRange {
  /** First page. */
  readonly first: number;
  /** Units. */
  readonly pages: number;
}

/** Units in a row, of which parts are taken and given back: the first gap that is large enough is used. */
export class KvAllocator {
  #gaps: PageRange[];

  /** All pages are free. */
  constructor(readonly pages: number) {
    this.#gaps = [{ first: 0, pages }];
  }

  /** Takes a part; undefined where no gap is large enough. */
  take(pages: number): PageRange | undefined {
    const at = this.#gaps.findIndex((gap) => gap.pages >= pages);
    if (at < 0) return undefined;
    const { first, pages: free } = this.#gaps[at];
    this.#gaps.splice(at, 1, ...(free > pages ? [{ first: first + pages, pages: free - pages }] : []));
    return { first, pages };
  }

  /** Gives a part back; gaps that touch become one. */
  give(part: PageRange): void {
    const gaps: PageRange[] = [];
    for (const gap of [...this.#gaps, part].sort((a, b) => a.first - b.first)) {
      const last = gaps.at(-1);
      if (last && last.first + last.pages === gap.first) {
        gaps[gaps.length - 1] = { first: last.first, pages: last.pages + gap.pages };
      } else gaps.push(gap);
    }
    this.#gaps = gaps;
  }

  /** Units that are free. */
  get free(): number {
    return this.#gaps.reduce((sum, { pages }) => sum + pages, 0);
  }
}
