/** Slow readers: other requests are not delayed, slow ones get all their data, and memory stays bounded. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { eventsOf, lineOf, listening, until } from "./serve_support.ts";
import type { ConnectionLimits } from "../../cli/serve/server.ts";
import type { FakeOptions } from "./serve_engine.ts";

interface Event {
  choices: [{ text: string }];
}

/** A server with 32 slots on a port of its own. */
async function asked(behaviour: FakeOptions, limits: Partial<ConnectionLimits> = {}) {
  const server = await listening({ slots: 32, ...behaviour }, limits);
  const ask = (body: Record<string, unknown>) => {
    const headers = { "content-type": "application/json" };
    const all = { model: "words", prompt: "ab", stream: true, ...body };
    return fetch(`${server.url}/v1/completions`, { method: "POST", headers, body: JSON.stringify(all) });
  };
  return { ...server, ask };
}

Deno.test("100 slow readers get all their data and delay no other request", async () => {
  await using server = await asked({ tick: 2 });
  const slow = await Promise.all(Array.from({ length: 100 }, () => server.ask({ max_tokens: 200 })));
  const { running, waiting } = server.engine.status();
  assertEquals([running, running + waiting], [32, 100]);
  await until(() => server.engine.status().running === 0, 30_000);

  const started = performance.now();
  const quick: Event[] = eventsOf(await (await server.ask({ max_tokens: 20 })).text());
  const spent = performance.now() - started;
  assertEquals(quick.length, 21);
  assert(spent < 2000, `${spent.toFixed(0)} ms for 20 tokens`);

  for (const response of slow) {
    const events: Event[] = eventsOf(await response.text());
    const texts = events.map(({ choices: [{ text }] }) => text);
    assertEquals(texts, [...Array.from({ length: 200 }, (_, i) => `t${i} `), ""]);
  }
});

Deno.test("a stream waits for its reader, its slot is free, and aborting ends it", async () => {
  const padding = "x".repeat(100_000); // far more than the sockets on the way hold
  await using server = await asked({ padding });
  const [read, left] = [await server.ask({ max_tokens: 200 }), await server.ask({ max_tokens: 200 })];
  await until(() => server.engine.status().running === 0, 30_000);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals(server.log, []);
  const events: Event[] = eventsOf(await read.text());
  assertEquals(events.length, 201);
  await left.body!.cancel();
  await until(() => server.log.length === 2);
  assertEquals(server.log.map(({ message }) => message === "client left"), [false, true]);
});

Deno.test("a client that reads nothing is disconnected after a timeout, also for a whole answer", async () => {
  for (const stream of [true, false]) {
    await using server = await asked({ padding: "x".repeat(200_000) }, { stalledMs: 300 });
    const response = await server.ask({ max_tokens: 100, stream });
    await until(() => server.engine.status().running === 0 && server.server.busy === 0, 30_000);
    assertEquals(server.log.length, 1);
    if (stream) assertMatch(lineOf(server.log[0]), /^POST \/v1\/completions 200 .*, client took nothing for 0\.3 s$/);
    await assertRejects(() => response.text());
  }
});
