// Endless bodies are cancelled at the maximum size of a file.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { download } from "../../src/checkpoint/http/download.ts";
import { Growing } from "../../src/checkpoint/http/growing.ts";
import { readJson } from "../../src/checkpoint/json.ts";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { httpSource } from "../../src/checkpoint/source_http.ts";
import { type Handler, serving } from "./support_http.ts";

/** A body of blocks of 1 MiB without end, without content-length; counts what was asked of it. */
function endless(): { handler: Handler; sent: () => number; left: () => boolean } {
  let [sent, left] = [0, false];
  const block = new Uint8Array(2 ** 20).fill(0x20);
  const handler = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => (sent += block.length, controller.enqueue(block)),
        cancel: () => void (left = true),
      }),
    );
  return { handler, sent: () => sent, left: () => left };
}

Deno.test("an endless JSON file is cancelled after 16 MB", async () => {
  const { handler, sent, left } = endless();
  await serving({}, handler, async (base) => {
    const message = "config.json: the server sends more than 16000000 bytes without an end";
    await assertRejects(() => readJson(openSource(base)), Error, message);
  });
  assert(left(), "the body was cancelled");
  assert(sent() < 1e8, `${sent()} bytes were sent`);
});

Deno.test("a body that does not end with its range is read to the end of the range, and left", async () => {
  const { handler, sent, left } = endless();
  const range = async (request: Request) => {
    const headers = { "content-range": "bytes 0-2999/3000" };
    return new Response((await handler(request, undefined)).body, { status: 206, headers });
  };
  await serving({}, range, async (base) => {
    const source = httpSource(new URL(base));
    assertEquals(await source.read("model.safetensors", 0, 3000), new Uint8Array(3000).fill(0x20));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert(left(), "the body was cancelled");
    assert(sent() < 1e8, `${sent()} bytes were sent`);
  });
});

Deno.test("a file of tensors that announces more than 4 GiB is refused unread", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(4096));
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n";
    await connection.write(new TextEncoder().encode(head));
    await connection.read(new Uint8Array(1)).catch(() => {}); // until it is left
  };
  const answered = answer();
  const url = `http://127.0.0.1:${listener.addr.port}/m`;
  const message = "the server sends all of its 5000000000 bytes, at most 4294967296";
  await assertRejects(() => openCheckpoint(url), Error, message);
  await answered;
  listener.close();
});

Deno.test("a whole body is read up to the limit, in any chunks", async () => {
  const body = (sizes: number[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const size of sizes) controller.enqueue(new Uint8Array(size).fill(size));
        controller.close();
      },
    });
  const read = async (response: Response, most: number) => {
    const into = new Growing(0), send = () => Promise.resolve(response);
    await download({ url: new URL("http://h/a"), ranged: false, end: Infinity, most, send }, into);
    return [...into.slice(0, into.have)];
  };
  assertEquals(await read(new Response(body([3, 4, 3])), 10), [3, 3, 3, 4, 4, 4, 4, 3, 3, 3]);
  await assertRejects(() => read(new Response(body([3, 4, 4])), 10), Error, "more than 10 bytes");
  assertEquals(await read(new Response(null), 0), []);
});
