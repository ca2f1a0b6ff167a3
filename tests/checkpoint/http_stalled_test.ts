// A stalled server: reading ends after a stated time, before and within a body.
import { assertRejects } from "@std/assert";
import { httpSource } from "../../src/checkpoint/source_http.ts";

/** A server whose body has so many bytes, a pause of `pauseMs` after each, and then never ends. */
function serve(bytes: number, pauseMs: number, headersMs = 0) {
  const stop = new AbortController();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {}, signal: stop.signal }, async () => {
    await new Promise((resolve) => setTimeout(resolve, headersMs));
    let sent = 0;
    const body = new ReadableStream({
      async pull(controller) {
        if (sent++ >= bytes) return await new Promise(() => {});
        controller.enqueue(new Uint8Array(1));
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      },
    });
    return new Response(body, { headers: { "content-length": String(bytes + 1) } });
  });
  const url = new URL(`http://127.0.0.1:${server.addr.port}/`);
  return { url, [Symbol.asyncDispose]: () => (stop.abort(), server.finished) };
}

Deno.test("a server that stalls ends the reading after a stated time, however slowly it sent before", async () => {
  await using slow = serve(4, 150);
  const read = (url: URL, stalledMs: number) => httpSource(url, { stalledMs, pauseMs: 1 }).read("a.json", 0, 5);
  const message = `Cannot read ${slow.url.href}a.json: the server sent nothing for 0.4 s (5 attempts)`;
  await assertRejects(() => read(slow.url, 400), Error, message);
  await using silent = serve(1, 0, 1000);
  await assertRejects(() => read(silent.url, 100), Error, "the server sent nothing for 0.1 s (5 attempts)");
});
