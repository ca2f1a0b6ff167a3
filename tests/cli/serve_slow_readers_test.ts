/** Readers who do not read: others are answered as fast as ever, the hundred get all that is theirs, nothing piles up. */
import { assert, assertEquals } from "@std/assert";
import { eventsOf, fakeServer, until } from "./serve_support.ts";
import type { FakeOptions } from "./serve_engine.ts";

interface Event {
  choices: [{ text: string }];
}

/** A server with 32 slots on a port of its own. */
function listening(behaviour: FakeOptions) {
  const fake = fakeServer({ slots: 32, ...behaviour });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, fake.handler);
  const ask = (body: Record<string, unknown>) => {
    const headers = { "content-type": "application/json" };
    const all = { model: "words", prompt: "ab", stream: true, ...body };
    const init = { method: "POST", headers, body: JSON.stringify(all) };
    return fetch(`http://127.0.0.1:${server.addr.port}/v1/completions`, init);
  };
  return { ...fake, ask, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

Deno.test("100 slow readers stall nobody and lose nothing", async () => {
  await using server = listening({ tick: 2 });
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

Deno.test("a stream stands still until somebody reads, its slot is free, and leaving ends it", async () => {
  const padding = "x".repeat(100_000); // far more than the sockets on the way hold
  await using server = listening({ padding });
  const [read, left] = [await server.ask({ max_tokens: 200 }), await server.ask({ max_tokens: 200 })];
  await until(() => server.engine.status().running === 0, 30_000);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assertEquals(server.log, []);
  const events: Event[] = eventsOf(await read.text());
  assertEquals(events.length, 201);
  await left.body!.cancel();
  await until(() => server.log.length === 2);
  assertEquals(server.log.map((line) => line.endsWith("client left")), [false, true]);
});
