/** Admission: a request waits until its pages are free; a request that exceeds the whole cache is refused at once. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Engine } from "../../src/infer/engine/engine.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { kinds, openEngine, whole } from "../support/engine.ts";
import { decoderOn, someIds } from "../support/models.ts";

const device = new ReferenceDevice();
const models = kinds.map((json) => decoderOn(device, json, 3));

/** Bytes of keys and values in use. */
function used(engine: Engine): number {
  const { outerBytesInUse, bytesInUse } = engine.status();
  return bytesInUse.reduce((sum, bytes) => sum + bytes, outerBytesInUse);
}

const asked = fc.array(fc.record({ prompt: fc.integer({ min: 1, max: 50 }), made: fc.integer({ min: 1, max: 14 }) }), {
  minLength: 1,
  maxLength: 12,
});

Deno.test("engine: with pages for two sequences, requests run in submission order and use at most cacheBytes", async () => {
  let most = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...models), asked, async (model, asked) => {
      await using engine = await openEngine(model, { slots: 8, sequences: 2 });
      await Promise.all(asked.map(async ({ prompt, made }, i) => {
        const generation = engine.submit(someIds(i, prompt), { maxNewTokens: made });
        let first = true;
        for await (const _ of generation) {
          const { running, waiting, cacheBytes } = engine.status();
          if (first) assert(waiting <= asked.length - 1 - i, `${waiting} wait when the first token of ${i} comes`);
          first = false;
          assert(used(engine) <= cacheBytes, `${used(engine)} of ${cacheBytes} bytes`);
          assert(running <= 8);
          most = Math.max(most, used(engine) / cacheBytes);
        }
        assertEquals([generation.newTokens, generation.promptTokens, generation.finish], [made, prompt, "length"]);
      }));
      const { maxPositions } = model.config; // all pages are free and contiguous again
      assertEquals(
        (await whole(engine.submit([1], { maxNewTokens: maxPositions - 1 }))).tokens.length,
        maxPositions - 1,
      );
      const { running, waiting } = engine.status();
      assertEquals([running, waiting, used(engine)], [0, 0, 0]);
    }),
    { numRuns: 15 },
  );
  assert(most > 0.5, `at most ${most} of cacheBytes was in use`);
});

Deno.test("engine: a small request does not overtake a large one that waits for memory", async () => {
  await using engine = await openEngine(models[0], { slots: 4, sequences: 1 });
  const order: string[] = [];
  const one = async (name: string, prompt: number, maxNewTokens: number) => {
    for await (const _ of engine.submit(someIds(3, prompt), { maxNewTokens })) {
      if (!order.includes(name)) order.push(name);
    }
  };
  await Promise.all([one("first", 40, 8), one("second", 40, 8), one("small", 2, 2)]);
  assertEquals(order, ["first", "second", "small"]);
});

Deno.test("engine: counts the bytes of keys and values that are cached", async () => {
  await using engine = await Engine.open(models[2], { slots: 2 });
  const { N } = models[2].config.recursion, row = 4 * 2 * 2 * 4; // 2 heads of 4 for keys and for values, of 4 bytes
  const prompt = 13;
  const generation = engine.submit(someIds(5, prompt), { maxNewTokens: 20 });
  let depths = 0;
  for await (const { depth } of generation) {
    depths = Math.max(depths, depth);
    const { running, outerBytesInUse, bytesInUse } = engine.status();
    if (running === 0) break; // all of it is made, and not all read
    const rows = outerBytesInUse / (2 * row);
    assert(rows >= prompt && rows <= prompt + generation.newTokens, `${rows} rows outside the recursions`);
    assertEquals(bytesInUse.length, N);
    assert(Math.abs(bytesInUse[0] / (2 * row) - rows) <= 1, "every row runs the first recursion");
    assert(bytesInUse.every((bytes, r) => r === 0 || bytes <= bytesInUse[r - 1]) && bytesInUse[1] > 0);
  }
  assert(depths > 1);
});

Deno.test("engine: submit refuses a request larger than the cache, and running requests continue", async () => {
  await using one = await Engine.open(models[2], { slots: 1 });
  const cacheBytes = Math.floor(one.status().cacheBytes / 2);
  await using engine = await Engine.open(models[2], { slots: 2, cacheBytes });
  assert(engine.status().cacheBytes <= cacheBytes);
  const running = whole(engine.submit([1, 2], { maxNewTokens: 5 }));
  assertThrows(
    () => engine.submit(someIds(1, 20), { maxNewTokens: 30 }),
    RangeError,
    "Cannot generate: 20 tokens of prompt and 30 new ones need 72 rows of cache, and there are 24",
  );
  assertThrows(() => engine.submit([1]), RangeError, "1 tokens of prompt and 63 new ones need 72 rows of cache");
  assertEquals((await running).tokens.length, 5);
  assertEquals((await whole(engine.submit(someIds(1, 20), { maxNewTokens: 5 }))).tokens.length, 5);
});
