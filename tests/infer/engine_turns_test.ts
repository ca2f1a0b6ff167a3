// An engine leaves the event loop to others.
import { assert } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { whole } from "../support/engine.ts";
import { decoderOn } from "../support/models.ts";

Deno.test("engine: timers run between decoding steps, also on the reference device", async () => {
  await using engine = await Engine.open(decoderOn(new ReferenceDevice()), { stops: [] });
  const request = engine.submit([1], { maxNewTokens: 60 });
  let turns = 0;
  const timer = setInterval(() => turns += Number(request.finish === undefined), 0);
  await whole(request);
  clearInterval(timer);
  assert(turns > 0, "no timer ran before the last token");
});
