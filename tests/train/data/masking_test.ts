/** Masked batches: fixed counts, the shares of the paper, special tokens left alone. */
import fc from "fast-check";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { maskedBatches, type MaskingOptions } from "../../../src/train/data/masking.ts";
import { documents, inMemory, sequences } from "./support.ts";

const V = 60, END = V - 1, MASK = 0, CLS = 1, SEP = 2;
const special = [MASK, CLS, SEP, END];
const ordinary = (docs: number[][]) => docs.map((ids) => ids.filter((id) => id > SEP));
const options = (of: Partial<MaskingOptions> = {}): MaskingOptions => {
  return { B: 3, T: 17, seed: 5, mask: MASK, begin: CLS, end: SEP, special: [], ...of };
};
const eligible = (ids: number[]) => ids.filter((id) => !special.includes(id)).length;

Deno.test("masking: round(share · eligible) labels a sequence, never on special tokens, and the rest as it was", async () => {
  const share = fc.constantFrom(0.15, 0.3, 0.5);
  await fc.assert(fc.asyncProperty(documents(V), share, fc.nat(1000), async (docs, share, seed) => {
    const reader = inMemory(ordinary(docs), V);
    if (Math.round(share * Math.min(15, reader.tokens)) === 0) return; // refused
    const batches = maskedBatches(reader, options({ seed, share }));
    const stream = [...await reader.read(0, reader.tokens)], seen: number[] = [];
    for (let step = 0; step < batches.batches; step++) {
      for (const { ids, labels } of await sequences(batches, step)) {
        const original = ids.map((id, t) => labels[t] === -100 ? id : labels[t]);
        assertEquals(labels.filter((id) => id !== -100).length, Math.round(share * eligible(original)));
        assert(labels.every((id) => !special.includes(id)));
        assertEquals([original[0], original.at(-1)], [CLS, SEP]);
        seen.push(...original.filter((id) => id !== CLS && id !== SEP));
      }
    }
    assertEquals(seen, stream); // nothing fills the last window up
  }));
});

Deno.test("masking: of the chosen tokens 80 % masked, 10 % random, 10 % kept; every place equally often", async () => {
  const docs = [Array.from({ length: 60_000 }, (_, t) => 3 + (t % (V - 4)))];
  const batches = maskedBatches(inMemory(docs, V), options({ B: 8, T: 50, shuffle: 3 }));
  const counts = { masked: 0, kept: 0, random: 0 }, places = new Float64Array(50);
  const drawn = new Set<number>();
  for (let step = 0; step < 150; step++) {
    for (const { ids, labels } of await sequences(batches, step)) {
      labels.forEach((label, t) => {
        if (label === -100) return;
        places[t]++;
        if (ids[t] !== MASK && ids[t] !== label) drawn.add(ids[t]);
        counts[ids[t] === MASK ? "masked" : ids[t] === label ? "kept" : "random"]++;
      });
    }
  }
  const total = counts.masked + counts.kept + counts.random;
  // Five standard deviations of a binomial share; a random id is by chance the original one in 1/(V − 4).
  const near = (count: number, p: number) => assert(Math.abs(count / total - p) < 5 * Math.sqrt(p * (1 - p) / total));
  near(counts.masked, 0.8);
  near(counts.random, 0.1 * (1 - 1 / (V - 4)));
  near(counts.kept, 0.1 * (1 + 1 / (V - 4)));
  assertEquals([...drawn].sort((a, b) => a - b), Array.from({ length: V - 4 }, (_, n) => n + 3));
  places.slice(1, 49).forEach((count) => near(count, 1 / 48));
});

Deno.test("masking: masks depend on step and seed", async () => {
  const docs = [Array.from({ length: 60 }, (_, t) => 3 + (t % 50))];
  const make = (of: Partial<MaskingOptions>) => maskedBatches(inMemory(docs, V), options({ shuffle: 1, ...of }));
  assertEquals(await sequences(make({}), 9), await sequences(make({}), 9));
  assertNotEquals(await sequences(make({ seed: 6 }), 9), await sequences(make({}), 9));
  // One window an epoch: what changes from step to step is the masking.
  const labels = (step: number) => sequences(make({ B: 1, T: 70 }), step).then(([one]) => one.labels);
  assertNotEquals(await labels(0), await labels(1));
});

Deno.test("masking: masks do not depend on batch sizes", async () => {
  const docs = [Array.from({ length: 200 }, (_, t) => 3 + (t % 50))];
  const make = (B: number) => maskedBatches(inMemory(docs, V), options({ B, shuffle: 1 }));
  const all = async (B: number) =>
    (await Promise.all([...Array(24 / B).keys()].map((n) => sequences(make(B), n)))).flat();
  const apart = await all(1);
  for (const B of [2, 3, 4, 8]) assertEquals(await all(B), apart);
});

Deno.test("masking: one error without room for a token, or without ids to draw", () => {
  const reader = inMemory([[3, 4, 5]], V);
  assertThrows(
    () => maskedBatches(reader, options({ T: 2 })),
    RangeError,
    "Cannot make batches: 3 sequences of 2 rows",
  );
  assertThrows(
    () => maskedBatches(reader, options({ T: 3 })),
    RangeError,
    "Cannot mask tokens: 0.3 of 1 tokens, the most of a sequence, are rounded to none",
  );
  const every = Array.from({ length: V }, (_, id) => id);
  assertThrows(() => maskedBatches(reader, options({ special: every })), RangeError, "all 60 ids are special");
});
