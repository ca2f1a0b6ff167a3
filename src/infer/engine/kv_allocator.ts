/**
 * Allocation of the pages of KV caches.
 *
 * @module
 */

/** A range of pages. */
export interface PageRange {
  /** First page. */
  readonly first: number;
  /** Number of pages. */
  readonly pages: number;
}

/** First-fit allocation of contiguous ranges of pages. */
export class KvAllocator {
  #gaps: PageRange[];

  /** All pages are free. */
  constructor(readonly pages: number) {
    this.#gaps = [{ first: 0, pages }];
  }

  /** Allocates a range; undefined where no gap is large enough. */
  allocate(pages: number): PageRange | undefined {
    const at = this.#gaps.findIndex((gap) => gap.pages >= pages);
    if (at < 0) return undefined;
    const { first, pages: free } = this.#gaps[at];
    this.#gaps.splice(at, 1, ...(free > pages ? [{ first: first + pages, pages: free - pages }] : []));
    return { first, pages };
  }

  /** Frees a range; adjacent gaps become one. */
  free(range: PageRange): void {
    const gaps: PageRange[] = [];
    for (const gap of [...this.#gaps, range].sort((a, b) => a.first - b.first)) {
      const last = gaps.at(-1);
      if (last && last.first + last.pages === gap.first) {
        gaps[gaps.length - 1] = { first: last.first, pages: last.pages + gap.pages };
      } else gaps.push(gap);
    }
    this.#gaps = gaps;
  }

  /** Free pages. */
  get freePages(): number {
    return this.#gaps.reduce((sum, { pages }) => sum + pages, 0);
  }
}
