/** Parts of the caches: nobody's is another's, and all of it comes back. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { KvAllocator, type PageRange } from "../../src/infer/engine/kv_allocator.ts";

/** A number from 1 takes as many pages; one below gives back a part that is held, by its place among them. */
const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -9, max: -1 })), { maxLength: 60 });

Deno.test("allocator: takes the first gap that is large enough, of pages that nobody has; gaps grow together again", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), steps, (pages, steps) => {
    const allocator = new KvAllocator(pages), held: PageRange[] = [];
    const free = () =>
      Array.from({ length: pages }, (_, at) => held.every((part) => at < part.first || part.first + part.pages <= at));
    for (const step of steps) {
      if (step > 0) {
        const fits = (_: boolean, at: number, all: boolean[]) =>
          at + step <= pages && all.slice(at, at + step).every(Boolean);
        const first = free().findIndex(fits);
        const part = allocator.take(step);
        assertEquals(part, first < 0 ? undefined : { first: first, pages: step });
        if (part) held.push(part);
      } else if (held.length > 0) allocator.give(held.splice(-step % held.length, 1)[0]);
      assertEquals(allocator.free, free().filter(Boolean).length);
    }
    while (held.length > 0) allocator.give(held.pop()!);
    assertEquals(allocator.take(pages), { first: 0, pages });
    assert(allocator.free === 0 && allocator.take(1) === undefined);
  }));
});
