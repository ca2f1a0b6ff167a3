/** The life of an engine: idle and woken again, overloaded, closed, broken. */
import { assertEquals } from "@std/assert";
import type { Device } from "../../src/device.ts";
import { Engine } from "../../src/run/engine/engine.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { whole } from "../support/engine.ts";
import { decoderOn } from "../support/models.ts";

const device = new ReferenceDevice() as unknown as Device;
const model = decoderOn(device, { recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert" } });

Deno.test("engine: a request that comes as the last one ends is served", async () => {
  await using engine = await Engine.open(model, { slots: 2 });
  for (let wait = 0; wait < 20; wait++) {
    const first = engine.submit([1, 2], { maxNewTokens: wait % 2 });
    while (first.finish === undefined) await null;
    for (let i = 0; i < wait / 2; i++) await null;
    assertEquals((await whole(engine.submit([3], { maxNewTokens: 2 }))).tokens.length, 2);
  }
});
