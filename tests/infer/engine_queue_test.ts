/** The time that a request waits for a slot. */
import { assert, assertEquals } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import { kinds, openEngine } from "../support/engine.ts";
import { decoderOn, someIds } from "../support/models.ts";

Deno.test("engine: queueMs is undefined while a request waits, then the time until its slot", async () => {
  const model = decoderOn(new ReferenceDevice(), kinds[0], 3);
  await using engine = await openEngine(model, { slots: 1 });
  const started = performance.now();
  const [first, second, never] = [1, 2, 3].map((seed) => engine.submit(someIds(seed, 3), { maxNewTokens: 30 }));
  assertEquals([first, second].map(({ queueMs }) => queueMs), [undefined, undefined]);
  never.cancel();
  await Promise.all([first, second].map((generation) => Array.fromAsync(generation)));
  const spent = performance.now() - started, times = [0, first.queueMs!, second.queueMs!, spent];
  assert(times.every((time, i) => i === 0 || time > times[i - 1]), `${times} ms`);
  assertEquals(never.queueMs, undefined);
});
