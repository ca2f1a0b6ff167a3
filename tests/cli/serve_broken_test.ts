/** Invalid HTTP after a valid head: an answer, a log line and a count for each request. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { exchange, requestsOf } from "./serve_raw.ts";
import { listening } from "./serve_support.ts";

const get = "GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n";
const last = get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
const json = '{"model": "words", "prompt": "ab", "max_tokens": 20}';
const head = "POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
const good = `${head}Content-Length: ${json.length}\r\n\r\n${json}`;
const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
const chunk = `${json.length.toString(16)}\r\n${json}\r\n`;

const cases: [name: string, bytes: string, statuses: number[], message?: string][] = [
  ["a chunk without size", `${chunked}zz\r\n{}`, [400], "it is not HTTP/1.1"],
  ["a negative size", `${chunked}-1\r\n{}`, [400], "it is not HTTP/1.1"],
  ["a size beyond 64 bits", `${chunked}ffffffffffffffffff\r\n{}`, [400], "it is not HTTP/1.1"],
  ["a second chunk without size", `${chunked}${chunk}x`, [400], "it is not HTTP/1.1"],
  ["a trailer of zeros", `${chunked}${chunk}0\r\n\0\0\r\n\r\n`, [400], "it is not HTTP/1.1"],
  ["a long trailer", `${chunked}${chunk}0\r\nT: ${"a".repeat(50_000)}\r\n\r\n`, [431], "more than 16384 bytes"],
  ["an unknown coding", `${head}Transfer-Encoding: gzip\r\n\r\n`, [400], "it is not HTTP/1.1"],
  ["a body that nothing reads", `${chunked.replace("/v1/completions", "/nothing")}zz\r\n`, [400], "it is not HTTP/1.1"],
  ["bytes after a request", `${get}junk junk\r\n\r\n`, [200, 400], "it is not HTTP/1.1"],
  ["bytes after a slow request", `${good}junk junk\r\n\r\n`, [200, 400], "it is not HTTP/1.1"],
  ["bytes after two requests", `${good}${get}\0`, [200, 200, 400], "it is not HTTP/1.1"],
  ["bytes after the last request", `${last}junk`, [200]],
  ["a broken body after a slow request", `${good}${chunked}zz\r\n`, [200, 400], "it is not HTTP/1.1"],
  ["an expectation", `${head}Expect: 200-ok\r\nConnection: close\r\n\r\n`, [417], "it expects 200-ok"],
];

Deno.test("requests before invalid bytes are answered, and the invalid one once", async () => {
  for (const [name, bytes, statuses, message = ""] of cases) {
    await using server = await listening({ tick: 5 });
    const { text } = await exchange(server.url, bytes);
    assertEquals(text.matchAll(/HTTP\/1\.1 (\d+)/g).map(([, status]) => Number(status)).toArray(), statuses, name);
    assertStringIncludes(text, message, name);
    assertEquals(server.log.map(({ status }) => Number(status)).sort(), statuses, name);
    assertEquals(await requestsOf(server.url), statuses.length, name);
    assertEquals([server.server.busy, server.engine.status().running], [0, 0], name);
  }
});
