/**
 * A binary heap (priority queue).
 *
 * @module
 */

/** A heap of entries; `before(a, b)` is true if a leaves the heap before b. */
export class Heap<E> {
  readonly #entries: E[] = [];

  /** Starts empty. */
  constructor(readonly before: (a: E, b: E) => boolean) {}

  /** Adds an entry; O(log n). */
  push(entry: E): void {
    const entries = this.#entries;
    let at = entries.length;
    for (let parent; at > 0 && this.before(entry, entries[parent = (at - 1) >> 1]); at = parent) {
      entries[at] = entries[parent];
    }
    entries[at] = entry;
  }

  /** Removes and returns the first entry, undefined if there is none; O(log n). */
  pop(): E | undefined {
    const entries = this.#entries, best = entries[0], last = entries.pop();
    if (last === undefined || entries.length === 0) return last;
    let at = 0;
    for (let child; (child = 2 * at + 1) < entries.length; at = child) {
      if (child + 1 < entries.length && this.before(entries[child + 1], entries[child])) child++;
      if (!this.before(entries[child], last)) break;
      entries[at] = entries[child];
    }
    entries[at] = last;
    return best;
  }
}
