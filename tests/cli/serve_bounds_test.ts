/** Limits of time and size: endless bodies, incomplete requests, many connections. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connect, exchange, requestsOf } from "./serve_raw.ts";
import { lineOf, listening, until } from "./serve_support.ts";

const head = "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
const get = "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n";

Deno.test("an endless body gets 413 at the size limit, its connection closes, and no memory is kept", async () => {
  await using server = await listening();
  const part = new Uint8Array(65536 + 9).fill(32);
  part.set(new TextEncoder().encode("10000\r\n"));
  part.set([13, 10], part.length - 2);
  for (const path of ["/v1/completions", "/v1/embeddings", "/health", "/nothing"]) {
    const { send, closed } = await connect(server.url);
    await send(head.replace("/v1/completions", path) + "Transfer-Encoding: chunked\r\n\r\n");
    const before = Deno.memoryUsage().rss;
    let sent = 0;
    while (sent < 2e9 && await send(part)) sent += part.length;
    const grown = Deno.memoryUsage().rss - before;
    const status = path === "/nothing" ? 404 : path === "/health" ? 405 : 413;
    assertStringIncludes(await closed, `HTTP/1.1 ${status} `);
    assert(sent < 2e9 && grown < 2e8, `${sent} bytes were taken, ${grown} more are in use`);
    assertEquals(server.log.at(-1)!.status, status);
  }
  const large = await exchange(server.url, `${head}Content-Length: 5000000\r\n\r\n`);
  assertStringIncludes(large.text, "its body has 5000000 bytes, 10000 is the most");
});

Deno.test("an incomplete request gets 408, and an idle connection is closed", async () => {
  const times = { headersMs: 400, requestMs: 2000, idleMs: 400 };
  await using server = await listening({}, times, { bodyMs: 500 });
  const cases: [sent: string, status: number | undefined, message?: string][] = [
    ["", 408, "within 0.4 s"],
    ["GET /health HTTP/1.1\r\nHost: a", 408, "within 0.4 s"],
    [`${head}Content-Length: 10\r\n\r\n{`, 408, "its body has not ended within 0.5 s"],
    [`${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`, 408, "its body has not ended within 0.5 s"],
    [get, 200],
  ];
  const started = performance.now();
  const got = await Promise.all(cases.map(([sent]) => exchange(server.url, sent)));
  const spent = performance.now() - started;
  got.forEach(({ status, text }, i) => {
    assertEquals(status, cases[i][1], text);
    assertStringIncludes(text, cases[i][2] ?? "");
  });
  assert(spent < 10_000, `${spent.toFixed(0)} ms until all were closed`);
  assertEquals(server.log.length, cases.length);
  assertEquals(await requestsOf(server.url), cases.length);
});

Deno.test("a client that aborts within its body or head causes no server error", async () => {
  await using server = await listening();
  for (const sent of [`${head}Content-Length: 10\r\n\r\n{`, "GET /health HTTP/1.1\r\nHost"]) {
    const { send, leave } = await connect(server.url);
    await send(sent);
    await until(() => server.server.connections === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    leave();
    await until(() => server.server.connections === 0);
  }
  assertEquals(server.log.map(lineOf), ["POST /v1/completions 499 0+0, client left"]);
});

Deno.test("a slow trickle of bytes does not keep a connection open", async () => {
  await using server = await listening({}, { headersMs: 400, requestMs: 2000 }, { bodyMs: 500 });
  for (const start of ["GET /health HTTP/1.1\r\nX: ", `${head}Content-Length: 9999\r\n\r\n{`]) {
    const { send, closed, leave } = await connect(server.url);
    await send(start);
    const timer = setInterval(() => send(" "), 50);
    const answer = await closed;
    clearInterval(timer);
    leave();
    assertStringIncludes(answer, "HTTP/1.1 408 ");
  }
});

Deno.test("at the limit of connections, the next gets 503, until one closes", async () => {
  await using server = await listening({}, { connections: 3 });
  const held = await Promise.all([1, 2, 3].map(() => connect(server.url)));
  for (const { send } of held) await send("GET /health HTTP/1.1\r\n");
  const refused = await exchange(server.url, get);
  assertEquals(refused.status, 503);
  assertStringIncludes(refused.text, "3 connections are the most");
  assertStringIncludes(refused.text, "retry-after: 1");
  held[0].leave();
  await until(() => server.server.connections < 3);
  assertEquals((await exchange(server.url, get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))).status, 200);
  assertEquals(server.log.map(({ status }) => status), [503, 200]);
  held.forEach(({ leave }) => leave());
});

Deno.test("a stopping server completes requests, refuses new ones, and aborts those beyond its time limit", async () => {
  const server = await listening({ tick: 20 });
  const body = (tokens: number) =>
    JSON.stringify({ model: "words", prompt: "ab", max_tokens: tokens, stream: tokens > 99 });
  const ask = async (tokens: number) => {
    const { send, closed } = await connect(server.url);
    await send(`${head}Content-Length: ${body(tokens).length}\r\n\r\n${body(tokens)}`);
    return closed;
  };
  const [short, long] = [ask(10), ask(1e6)];
  await until(() => server.engine.status().running === 2);
  server.health.stopping = true;
  const closing = server.server.close(1500);
  const late = await exchange(server.url, `${head}Content-Length: ${body(1).length}\r\n\r\n${body(1)}`);
  assertEquals(late.status, 503);
  assertStringIncludes(late.text, "the server stops");
  assertStringIncludes(late.text.toLowerCase(), "retry-after: 1");
  assertEquals((await exchange(server.url, get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))).status, 503);
  await closing;
  assertStringIncludes(await short, '"finish_reason":"length"');
  const cut = await long;
  assertStringIncludes(cut, '"code":"stopping"');
  assert(!cut.includes("[DONE]"), "a stream that was cut off has not ended");
  assertEquals(server.engine.status().running, 0);
  assertEquals(await fetch(server.url).then(() => "answered", () => "refused"), "refused");
});

Deno.test("pipelined requests without reading answers are limited per connection", async () => {
  await using server = await listening();
  const last = get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
  const few = await exchange(server.url, get.repeat(15) + last);
  assertEquals(few.text.match(/HTTP\/1\.1 200 /g)?.length, 16);
  const { closed, send } = await connect(server.url);
  await send(get.repeat(5000));
  assertStringIncludes(await closed, "16 requests of a connection are the most at once");
  await until(() => server.server.busy === 0);
  assert(server.log.length <= 16 + 17, `${server.log.length} lines`);
});
