/** Pages of KV caches: allocated ranges are disjoint, and all pages are free again in the end. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { KvAllocator, type PageRange } from "../../src/infer/engine/kv_allocator.ts";

/** A number from 1 takes as many pages; one below gives back a part that is held, by its place among them. */
const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -9, max: -1 })), { maxLength: 60 });

Deno.test("KV allocator: a range is the first gap that is large enough; freed ranges join their neighbours", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), steps, (pages, steps) => {
    const allocator = new KvAllocator(pages), held: PageRange[] = [];
    const free = () =>
      Array.from({ length: pages }, (_, at) => held.every((part) => at < part.first || part.first + part.pages <= at));
    for (const step of steps) {
      if (step > 0) {
        const fits = (_: boolean, at: number, all: boolean[]) =>
          at + step <= pages && all.slice(at, at + step).every(Boolean);
        const first = free().findIndex(fits);
        const part = allocator.allocate(step);
        assertEquals(part, first < 0 ? undefined : { first: first, pages: step });
        if (part) held.push(part);
      } else if (held.length > 0) allocator.free(held.splice(-step % held.length, 1)[0]);
      assertEquals(allocator.freePages, free().filter(Boolean).length);
    }
    while (held.length > 0) allocator.free(held.pop()!);
    assertEquals(allocator.allocate(pages), { first: 0, pages });
    assert(allocator.freePages === 0 && allocator.allocate(1) === undefined);
  }));
});
