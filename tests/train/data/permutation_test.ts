/** The shuffled order is a bijection, another one for every seed and epoch. */
import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { permuted } from "../../../src/train/data/permutation.ts";

const orderOf = (count: number, seed: number, epoch: number) =>
  Array.from({ length: count }, (_, place) => permuted(place, count, { seed, epoch }));

Deno.test("permuted: every number once", () => {
  const whole = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 600 }), whole, fc.nat(50), (count, seed, epoch) => {
    assertEquals(orderOf(count, seed, epoch).sort((a, b) => a - b), Array.from({ length: count }, (_, n) => n));
  }));
});

Deno.test("permuted: deterministic for a seed and epoch, different for others", () => {
  fc.assert(fc.property(fc.integer({ min: 64, max: 300 }), fc.nat(1e6), fc.nat(50), (count, seed, epoch) => {
    const order = orderOf(count, seed, epoch);
    assertEquals(orderOf(count, seed, epoch), order);
    const same = (other: number[]) => other.filter((n, place) => n === order[place]).length;
    assert(same(orderOf(count, seed + 1, epoch)) < count / 2);
    assert(same(orderOf(count, seed, epoch + 1)) < count / 2);
  }));
});

Deno.test("permuted: numbers move far from their indices, and apart from their neighbours", () => {
  const count = 5000;
  for (const seed of [1, 2, 3]) {
    const order = orderOf(count, seed, 0);
    // The mean distance of two independent uniform places is count/3, with a deviation of count·√(1/18)/√count.
    const bound = 5 * count * Math.sqrt(1 / 18 / count);
    const mean = (of: (number: number, place: number) => number) => order.reduce((s, n, p) => s + of(n, p), 0) / count;
    assert(Math.abs(mean((n, place) => Math.abs(n - place)) - count / 3) < bound);
    assert(Math.abs(mean((n, place) => Math.abs(n - order[(place + 1) % count])) - count / 3) < bound);
  }
});

Deno.test("permuted: the time does not depend on the number of windows", () => {
  const count = 50_000_017,
    seen = new Set(Array.from({ length: 1000 }, (_, n) => permuted(n, count, { seed: 5, epoch: 3 })));
  assertEquals(seen.size, 1000);
  assert(Math.max(...seen) < count && Math.max(...seen) > count * 0.9);
});
