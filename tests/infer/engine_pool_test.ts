/** Parts of the caches: nobody's is another's, and all of it comes back. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Part, Pool } from "../../src/infer/engine/pool.ts";

/** A number from 1 takes as many units; one below gives back a part that is held, by its place among them. */
const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -9, max: -1 })), { maxLength: 60 });

Deno.test("pool: takes the first gap that is large enough, of units that nobody has; gaps grow together again", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), steps, (units, steps) => {
    const pool = new Pool(units), held: Part[] = [];
    const free = () =>
      Array.from({ length: units }, (_, at) => held.every((part) => at < part.start || part.start + part.units <= at));
    for (const step of steps) {
      if (step > 0) {
        const fits = (_: boolean, at: number, all: boolean[]) =>
          at + step <= units && all.slice(at, at + step).every(Boolean);
        const first = free().findIndex(fits);
        const part = pool.take(step);
        assertEquals(part, first < 0 ? undefined : { start: first, units: step });
        if (part) held.push(part);
      } else if (held.length > 0) pool.give(held.splice(-step % held.length, 1)[0]);
      assertEquals(pool.free, free().filter(Boolean).length);
    }
    while (held.length > 0) pool.give(held.pop()!);
    assertEquals(pool.take(units), { start: 0, units });
    assert(pool.free === 0 && pool.take(1) === undefined);
  }));
});
