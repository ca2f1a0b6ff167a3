/** Batches of next-token prediction: every token once an epoch, as a function of the step. */
import fc from "fast-check";
import { assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { labelledRows } from "../../../src/train/data/batches.ts";
import { nextTokenBatches } from "../../../src/train/data/next_token.ts";
import { documents, inMemory, sequences } from "./support.ts";

const V = 50;
const shape = fc.record({ B: fc.integer({ min: 1, max: 5 }), T: fc.integer({ min: 1, max: 20 }) });

/** All sequences of batches [0, count). */
async function epoch(batches: ReturnType<typeof nextTokenBatches>, count = batches.batches) {
  const steps = Array.from({ length: count }, (_, step) => sequences(batches, step));
  return (await Promise.all(steps)).flat();
}

Deno.test("next token: in order, labels are the stream and ids the token before", async () => {
  await fc.assert(fc.asyncProperty(documents(V), shape, async (docs, { B, T }) => {
    const stream = docs.flatMap((ids) => [...ids, V - 1]);
    const all = await epoch(nextTokenBatches(inMemory(docs, V), { B, T }));
    assertEquals(all.flatMap(({ labels }) => labels), stream); // no row without a label
    assertEquals(all.flatMap(({ ids }) => ids), [V - 1, ...stream.slice(0, -1)]);
  }));
});

Deno.test("next token: shuffled, every window comes once an epoch, also when batches straddle epochs", async () => {
  await fc.assert(fc.asyncProperty(documents(V, 6), shape, fc.nat(1000), async (docs, { B, T }, shuffle) => {
    const reader = inMemory(docs, V);
    const inOrder = nextTokenBatches(reader, { B: 1, T }), shuffled = nextTokenBatches(reader, { B, T, shuffle });
    const text = (sequence: unknown) => JSON.stringify(sequence);
    const expected = (await epoch(inOrder)).map(text).sort();
    const seen = (await epoch(shuffled, shuffled.windows * 2)).map(text); // 2·B epochs
    for (let at = 0; at < seen.length; at += shuffled.windows) {
      assertEquals(seen.slice(at, at + shuffled.windows).sort(), expected);
    }
  }));
});

Deno.test("next token: a batch depends on step and seed only", async () => {
  const docs = [Array.from({ length: 4000 }, (_, t) => t % (V - 1))];
  const make = (shuffle: number) => nextTokenBatches(inMemory(docs, V), { B: 4, T: 16, shuffle });
  const first = make(7);
  await epoch(first, 12);
  assertEquals(await sequences(first, 5), await sequences(make(7), 5));
  assertNotEquals(await sequences(make(8), 5), await sequences(make(7), 5));
  assertNotEquals(await sequences(make(7), 6), await sequences(make(7), 5));
});

Deno.test("next token: all batches have the same shapes; short windows are short sequences, missing ones empty", async () => {
  const batches = nextTokenBatches(inMemory([[1, 2, 3]], V), { B: 3, T: 3 });
  assertEquals([batches.windows, batches.batches], [2, 1]);
  const { rows, labels } = await batches.batch(0);
  assertEquals([...rows.ids.data], [49, 1, 2, 3, 0, 0, 0, 0, 0]);
  assertEquals([...rows.positions.data], [0, 1, 2, 0, 0, 0, 0, 0, 0]);
  assertEquals([...rows.offsets.data], [0, 3, 4, 4]);
  assertEquals([...labels.data], [1, 2, 3, 49, ...Array(5).fill(-100)]);
  assertEquals(labelledRows({ rows, labels }), 4);
});

Deno.test("next token: one error without tokens, without room, and for a missing batch", async () => {
  const reader = inMemory([[1, 2, 3]], V);
  const empty = { ...reader, tokens: 0 };
  assertThrows(() => nextTokenBatches(empty, { B: 1, T: 4 }), RangeError, "Cannot make batches: there are no tokens");
  assertThrows(() => nextTokenBatches(reader, { B: 0, T: 4 }), RangeError, "0 sequences of 4 rows leave no room");
  const message = "Cannot make batch 1: batches are numbered from 0 to 0";
  await assertRejects(() => nextTokenBatches(reader, { B: 1, T: 4 }).batch(1), RangeError, message);
  await assertRejects(() => nextTokenBatches(reader, { B: 1, T: 4, shuffle: 1 }).batch(-1), RangeError, "0 upwards");
});
