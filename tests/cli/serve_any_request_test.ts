/** Every request gets an answer, a line in the log and a count. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { makeHandler } from "../../cli/serve/app.ts";
import type { Incoming } from "../../cli/serve/incoming.ts";
import type { LogRecord } from "../../cli/serve/log.ts";
import { exchange, requestsOf } from "./serve_raw.ts";
import { fakeServer, lineOf, listening, post } from "./serve_support.ts";

const end = "Connection: close\r\n\r\n";
const json = '{"model": "words", "prompt": "ab", "max_tokens": 1}';
const post11 = (headers: string, body: string) =>
  `POST /v1/completions HTTP/1.1\r\n${headers}Content-Length: ${body.length}\r\n${end}${body}`;

const requests: [name: string, bytes: string, status: number][] = [
  ["a Host that is no host", `GET /v1/models HTTP/1.1\r\nHost: [\r\n${end}`, 200],
  ["a Host with a port that is none", `GET /v1/models HTTP/1.1\r\nHost: a:b:c\r\n${end}`, 200],
  ["an empty Host", `GET /v1/models HTTP/1.1\r\nHost:\r\n${end}`, 200],
  ["no Host", `GET /v1/models HTTP/1.1\r\n${end}`, 200],
  ["two Hosts", `GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: b\r\n${end}`, 200],
  [
    "bytes in headers",
    `GET /v1/models HTTP/1.1\r\nHost: \xff\r\nOrigin: \xe9\xff\r\nAuthorization: \xfe\r\n${end}`,
    200,
  ],
  ["an Origin that is none", `GET /v1/models HTTP/1.1\r\nHost: a\r\nOrigin: null, [::\r\n${end}`, 200],
  ["a whole URL", `GET http://x/v1/models HTTP/1.1\r\nHost: a\r\n${end}`, 200],
  ["a whole URL of no host", `GET http://[/v1/models HTTP/1.1\r\nHost: a\r\n${end}`, 200],
  ["wrong percent codes", `GET /v1/models/%zz%ff HTTP/1.1\r\nHost: a\r\n${end}`, 404],
  ["an asterisk", `OPTIONS * HTTP/1.1\r\nHost: a\r\n${end}`, 404],
  ["OPTIONS", `OPTIONS /v1/completions HTTP/1.1\r\nHost: a\r\n${end}`, 405],
  ["TRACE", `TRACE /health HTTP/1.1\r\nHost: a\r\n${end}`, 405],
  ["CONNECT", `CONNECT a:1 HTTP/1.1\r\nHost: a\r\n${end}`, 405],
  ["a method that is none", `FOO /health HTTP/1.1\r\nHost: a\r\n${end}`, 400],
  ["HEAD", `HEAD /v1/models HTTP/1.1\r\nHost: a\r\n${end}`, 200],
  ["a long path", `GET /${"a".repeat(10_000)} HTTP/1.1\r\nHost: a\r\n${end}`, 404],
  ["a head that is too long", `GET /${"a".repeat(50_000)} HTTP/1.1\r\nHost: a\r\n${end}`, 431],
  ["no HTTP", "\x16\x03\x01\x02 hello\r\n\r\n", 400],
  ["two lengths", `POST /v1/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n${end}`, 400],
  ["an upgrade", `GET /v1/models HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n${end}`, 200],
  ["HTTP/1.0", `GET /v1/models HTTP/1.0\r\n\r\n`, 200],
  ["a good body", post11("Content-Type: application/json\r\n", json), 200],
  ["another type", post11("Content-Type: text/plain\r\n", json), 415],
  ["no type", post11("", json), 415],
  ["bytes that are no text", post11("Content-Type: application/json\r\n", '{"model": "\xff"}'), 400],
  ["no JSON", post11("Content-Type: application/json\r\n", "{]"), 400],
  ["deep JSON", post11("Content-Type: application/json\r\n", "[".repeat(9000)), 400],
  ["an empty body", post11("Content-Type: application/json\r\n", ""), 400],
  [
    "a key as long as a body",
    post11("Content-Type: application/json\r\n", `{"model": "words", "prompt": "a", "${"k".repeat(900)}": 1}`),
    400,
  ],
];

Deno.test("every request gets an answer, a line and a count", async () => {
  await using server = await listening();
  for (const [i, [name, bytes, status]] of requests.entries()) {
    const got = await exchange(server.url, bytes);
    assertEquals(got.status, status, `${name}: ${got.text.slice(0, 300)}`);
    assertEquals(server.log.length, i + 1, `${name}: ${server.log.slice(i)}`);
    assertEquals(server.log[i].status, status, name);
    if (status < 400 || name === "HEAD") continue;
    assertStringIncludes(got.text.toLowerCase(), "content-type: application/json", name);
    assertEquals(typeof JSON.parse(got.text.split("\r\n\r\n")[1]).error.message, "string", name);
  }
  assertEquals(await requestsOf(server.url), requests.length);
});

Deno.test("a request of any form is answered, without sockets too", async () => {
  const { handler, log } = fakeServer();
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.nat({ max: 0x2ff })).map((codes) => String.fromCharCode(...codes)),
    fc.constantFrom("GET", "POST", "http://[/v1/models", "/v1/completions", "application/json", "/v1/models/%ff"),
  );
  const incoming = fc.record({ method: text, url: text, header: text, body: fc.option(fc.uint8Array()) });
  let count = 0;
  await fc.assert(fc.asyncProperty(incoming, async ({ method, url, header, body }) => {
    const request: Incoming = {
      ...{ method, url, headers: { get: () => header }, signal: new AbortController().signal },
      body: body && ReadableStream.from([body as Uint8Array<ArrayBuffer>]),
    };
    const response = await handler(request);
    assert(response.status === 200 || response.status >= 400 && response.status < 500, `${response.status}`);
    await response.body?.cancel();
    assertEquals(log.length, ++count);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x1f\x7f-\x9f]/.test(lineOf(log[count - 1])), lineOf(log[count - 1]));
  }));
});

Deno.test("a fault of the routes themselves is a 500 of JSON, with a line and a count", async () => {
  const broken = { get: () => [].length = -1, keys: () => [], values: () => [], *[Symbol.iterator]() {} };
  const log: LogRecord[] = [];
  const limits = { bodyBytes: 1000, bodyMs: 1000, requests: 5 };
  const handler = makeHandler({
    models: broken as never,
    limits,
    started: 1,
    health: {},
    log: (record) => log.push(record),
  });
  const response = await handler(post("/v1/completions", { model: "words", prompt: "ab" }));
  assertEquals([response.status, (await response.json()).error.type], [500, "server_error"]);
  assertEquals(lineOf(log[0]), "POST /v1/completions 500 0+0, Invalid array length");
  const metrics = await (await handler(new Request("http://localhost/metrics"))).text();
  assertStringIncludes(metrics, 'refrain_requests_total{route="/v1/completions",status="500"} 1');
});

Deno.test("a very long key is refused as fast as a short one, by its beginning", async () => {
  const { handler } = fakeServer({}, { bodyBytes: 300_000 });
  const started = performance.now();
  const { error } =
    await (await handler(post("/v1/completions", { model: "words", prompt: "a", ["k".repeat(250_000)]: 1 }))).json();
  const start = `${"k".repeat(200)}… (250000 characters)`;
  assertStringIncludes(error.message, `Cannot complete the text: body.${start} is unknown, the nearest known key is `);
  assertEquals(error.param, start);
  assert(performance.now() - started < 2000, "the time grows with the key");
});
