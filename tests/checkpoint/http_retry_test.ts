// Attempts: how long they wait for one another, and when they begin to count anew.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { httpSource } from "../../src/checkpoint/source_http.ts";
import { fileServer } from "../support/file_server.ts";
import { type Handler, ranged, serving } from "./support_http.ts";

const files = { "/m/model.safetensors": new Uint8Array(1000).map((_, i) => i) };

/** A server that fails so many times, with the times of its answers. */
function failing(times: number, headers: HeadersInit = {}): { handler: Handler; at: number[] } {
  const at: number[] = [];
  const handler: Handler = (request, content) => {
    at.push(performance.now());
    return at.length <= times ? new Response("busy", { status: 503, headers }) : ranged(request, content);
  };
  return { handler, at };
}

Deno.test("pauses between attempts double, and the fifth failure is the last", async () => {
  const { handler, at } = failing(9);
  await serving(files, handler, async (base) => {
    const read = () => httpSource(new URL(base), { pauseMs: 40 }).size("model.safetensors");
    await assertRejects(read, Error, "answered 503 Service Unavailable (5 attempts)");
  });
  assertEquals(at.length, 5);
  for (let i = 1; i < 5; i++) {
    const pause = at[i] - at[i - 1], least = 0.75 * 40 * 2 ** (i - 1); // a quarter is left to chance
    assert(pause >= least - 1, `pause ${i} is ${pause} ms, expected ${least} at least`);
  }
});

Deno.test("a server that asks for a second gets it", async () => {
  const { handler, at } = failing(1, { "retry-after": "1" });
  await serving(files, handler, async (base) => {
    assertEquals(await httpSource(new URL(base), { pauseMs: 1 }).size("model.safetensors"), 1000);
  });
  assert(at[1] - at[0] >= 999, `it got ${at[1] - at[0]} ms`);
});

Deno.test("attempts count anew after every byte: a server that always breaks is read to the end", async () => {
  await using server = await fileServer(files, { breakAfter: 60 });
  const source = httpSource(new URL(`${server.base}/m`), { pauseMs: 1 });
  assertEquals(await source.read("model.safetensors", 0, 1000), files["/m/model.safetensors"]);
  const starts = server.asked.map((line) => Number(/bytes=(\d+)-/.exec(line)![1]));
  assertEquals(starts, Array.from({ length: 17 }, (_, i) => 60 * i), "each goes on where the one before ended");
});
