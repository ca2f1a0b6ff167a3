/** Streams: events on demand, at most one ahead of the reader; an abort frees slots immediately. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { eventsOf, fakeServer, lineOf, post, until } from "./serve_support.ts";
import type { FakeOptions } from "./serve_engine.ts";

async function stream(body: Record<string, unknown> = {}, behaviour: FakeOptions = {}) {
  const server = fakeServer(behaviour);
  const all = { model: "words", prompt: "ab", max_tokens: 3, stream: true, ...body };
  return { ...server, response: await server.handler(post("/v1/completions", all)) };
}

interface Event {
  choices: { text: string; index: number; finish_reason: string | null; logprobs: { text_offset: number[] } | null }[];
  usage?: unknown;
}

Deno.test("an event for each token, one for the end, then [DONE]", async () => {
  const { response, log } = await stream();
  assertStringIncludes(response.headers.get("content-type")!, "text/event-stream");
  const events: Event[] = eventsOf(await response.text());
  assertEquals(events.map(({ choices: [{ text, finish_reason }] }) => [text, finish_reason]), [
    ...[["t0 ", null], ["t1 ", null], ["t2 ", null], ["", "length"]],
  ]);
  assert(events.every((event) => !("usage" in event)));
  assertEquals(log.length, 1);
  assertEquals(lineOf(log[0]), "POST /v1/completions 200 2+3");
});

Deno.test("the usage is the last event if requested", async () => {
  const { response } = await stream({ stream_options: { include_usage: true } });
  const events: Event[] = eventsOf(await response.text());
  const { choices, usage } = events.pop()!;
  assertEquals([choices, usage], [[], { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 }]);
  assert(events.every(({ usage }) => usage === null));
});

Deno.test("several choices come together, each with its prompt first where it is echoed", async () => {
  const { response } = await stream({ prompt: ["x", "y"], echo: true });
  const events: Event[] = eventsOf(await response.text());
  const texts = [0, 1].map((i) =>
    events.filter(({ choices: [{ index }] }) => index === i).map(({ choices: [{ text }] }) => text)
  );
  assertEquals(texts, [["x", "t0 ", "t1 ", "t2 ", ""], ["y", "t0 ", "t1 ", "t2 ", ""]]);
  const order = events.map(({ choices: [{ index }] }) => index).join("");
  assert(order !== [...order].sort().join(""), `one after the other: ${order}`);
});

Deno.test("offsets of log-probabilities go on from event to event", async () => {
  const { response } = await stream({ logprobs: 0 });
  const events: Event[] = eventsOf(await response.text());
  assertEquals(events.map(({ choices: [{ logprobs }] }) => logprobs!.text_offset), [[0], [3], [6], []]);
});

Deno.test("an error within a stream is the last event, and a line in the log", async () => {
  const { response, log, engine } = await stream({ prompt: ["a", "b"] }, { breakAfter: 2 });
  const events = (await response.text()).trimEnd().split("\n\n");
  const { error } = JSON.parse(events.at(-1)!.replace("data: ", ""));
  assertEquals([error.type, error.message], ["server_error", "Cannot read from the GPU: it is broken"]);
  assertEquals(log.length, 1);
  assertEquals(log[0].status, 500);
  assertEquals(engine.status().running, 0);
});

Deno.test("an aborting reader frees its slots immediately", async () => {
  const { response, log, engine } = await stream({ n: 3, max_tokens: 1e6 });
  const reader = response.body!.getReader();
  await reader.read();
  assertEquals(engine.status().running, 3);
  await reader.cancel();
  assertEquals(engine.status().running, 0);
  assertEquals(log[0].message, "client left");
});

Deno.test("aborting a whole answer, or a stream before its first read, frees the slots as well", async () => {
  for (const stream of [false, true]) {
    const { engine, handler, log } = fakeServer({ slots: 1 });
    const controller = new AbortController();
    const body = { model: "words", prompt: "ab", n: 3, max_tokens: 1e6, stream };
    const answer = handler(post("/v1/completions", body, { signal: controller.signal }));
    await until(() => engine.status().waiting === 2);
    controller.abort();
    const response = await answer;
    assertEquals([engine.status().running, engine.status().waiting], [0, 0]);
    if (!stream) assertEquals([response.status, log.length], [499, 1]);
    await response.body?.cancel();
  }
});
