import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { inParallel } from "../../src/checkpoint/parallel.ts";

const items = fc.array(fc.nat(3), { maxLength: 12 });

Deno.test("every item runs once, with at most `width` at the same time", async () => {
  await fc.assert(fc.asyncProperty(items, fc.integer({ min: 1, max: 5 }), async (waits, width) => {
    let running = 0, most = 0;
    const done: number[] = [];
    await inParallel([...waits.keys()], width, async (index) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < waits[index]; turn++) await Promise.resolve();
      running--, done.push(index);
    });
    assertEquals([done.sort((a, b) => a - b), running], [[...waits.keys()], 0]);
    assert(most <= width);
  }));
});

Deno.test("after a failure no task starts, and running tasks end first", async () => {
  const begun: number[] = [], ended: number[] = [];
  const all = inParallel([0, 1, 2, 3], 2, async (index) => {
    begun.push(index);
    await Promise.resolve();
    if (index === 0) throw new Error("broken");
    for (let turn = 0; turn < 9; turn++) await Promise.resolve();
    ended.push(index);
  });
  await assertRejects(() => all, Error, "broken");
  assertEquals([begun, ended], [[0, 1], [1]]);
});
