import { assert, assertEquals, assertRejects } from "@std/assert";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { httpSource } from "../../src/checkpoint/source_http.ts";
import { rawFile, utf8 } from "./support.ts";
import { type Handler, missing, ranged, serving } from "./support_http.ts";

const ranges = (range: string, length: number) =>
  new Response(new Uint8Array(length), { status: 206, headers: { "content-range": `bytes ${range}` } });

/** Pauses between attempts are short. */
const quick = { pauseMs: 1 };

const broken: [string, Handler, RegExp][] = [
  ["404", missing, /there is no model\.safetensors and no model\.safetensors\.index\.json$/],
  ["500", () => new Response(null, { status: 500 }), /the server answered 500 Internal Server Error \(5 attempts\)$/],
  ["403", () => new Response(null, { status: 403 }), /the server answered 403 Forbidden$/],
  ["a page instead of the file", () => new Response("<html>".repeat(9)), /no model.+: the server sent an HTML page/],
  ["a wish to wait an hour", () => new Response(null, { status: 429, headers: { "retry-after": "3600" } }), /3600 s$/],
  ["a size that is no size", () => ranges("0-0/99999999999999999999", 1), /gives its size as 1000{9}/],
  ["too little", () => ranges("0-4999/5000", 0), /the body ends after 0 of 5000 bytes \(5 attempts\)$/],
  ["another range", () => ranges("9-9/5000", 1), /asked for bytes from 0, the server sent them from 9/],
];

for (const [what, handler, message] of broken) {
  Deno.test(`a server that sends ${what} is one clear error`, async () => {
    await serving({}, handler, async (base) => {
      const error = await assertRejects(() => openCheckpoint(httpSource(new URL(base), quick)), Error);
      assert(message.test(error.message) && /^Cannot [^\n]+$/.test(error.message), error.message);
    });
  });
}

for (const [status, sent, end] of [["200 OK", "12345", ""], ["206 Partial Content", "", "0-4999/5000"]]) {
  Deno.test(`a body of status ${status} that is always cut is one clear error`, async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const range = end && `Content-Range: bytes ${end}\r\n`;
    let answers = 0;
    const answer = async () => {
      for await (using connection of listener) {
        await connection.read(new Uint8Array(4096));
        await connection.write(utf8(`HTTP/1.1 ${status}\r\nContent-Length: 5000\r\n${range}\r\n${sent}`));
        answers++;
      }
    };
    const answered = answer();
    const source = httpSource(new URL(`http://127.0.0.1:${listener.addr.port}/m`), quick);
    const read = async () => await source.read("model.safetensors", 0, 5000);
    const error = await assertRejects(read, Error, "/m/model.safetensors: ");
    assert(/^Cannot read http[^\n]+ \(5 attempts\)$/.test(error.message), error.message);
    assert(answers >= 5, `${answers} answers`);
    listener.close();
    await answered;
  });
}

Deno.test("a file that changes between two requests is refused", async () => {
  const files = { "/m/model.safetensors": new Uint8Array(100) };
  await serving(files, ranged, async (base) => {
    const source = httpSource(new URL(base), { blockBytes: 40 });
    assertEquals(await source.size("model.safetensors"), 100);
    files["/m/model.safetensors"] = new Uint8Array(101);
    await assertRejects(() => source.read("model.safetensors", 50, 60), Error, "it had 100 bytes, now it has 101");
    delete (files as Partial<typeof files>)["/m/model.safetensors"];
    await assertRejects(() => source.read("model.safetensors", 50, 60), Error, "it is no longer there");
  });
});

Deno.test("a file of another ETag is not appended to the part that has arrived", async () => {
  const tags = ['"a"', 'W/"a"', '"b"'];
  const tagged: Handler = async (request, content) => {
    const response = await ranged(request, content);
    response.headers.set("etag", tags.shift()!);
    return response;
  };
  await serving({ "/m/model.safetensors": new Uint8Array(100) }, tagged, async (base) => {
    const source = httpSource(new URL(base), { blockBytes: 40 });
    assertEquals((await source.read("model.safetensors", 0, 50)).length, 50);
    await assertRejects(() => source.read("model.safetensors", 90, 100), Error, "it has changed");
  });
});

Deno.test("a failure is not cached: the next call requests again", async () => {
  let calls = 0;
  const flaky: Handler = (request, content) =>
    calls++ < 5 ? new Response(null, { status: 503 }) : ranged(request, content);
  await serving({ "/m/model.safetensors": rawFile("{}") }, flaky, async (base) => {
    const source = httpSource(new URL(base), quick);
    await assertRejects(() => source.size("model.safetensors"), Error, "answered 503");
    assertEquals(await source.size("model.safetensors"), 10);
  });
});

Deno.test("a signal aborts a request that never gets an answer", async () => {
  const stop = new AbortController();
  const never: Handler = () => {
    stop.abort(new Error("the user left"));
    return new Promise<Response>((answer) => setTimeout(() => answer(new Response(null)), 300));
  };
  await serving({}, never, async (base) => {
    const source = openSource(base, { signal: stop.signal });
    const error = await assertRejects(() => source.size("model.safetensors"), Error);
    assertEquals(error, stop.signal.reason);
    await assertRejects(() => source.read("model.safetensors", 0, 1), Error, "the user left");
  });
});

Deno.test("a server that is not there, and URLs that are none, are clear errors", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const url = `http://127.0.0.1:${port}/m`;
  await assertRejects(
    () => openCheckpoint(httpSource(new URL(url), quick)),
    Error,
    `Cannot read ${url}/model.safetensors: `,
  );
  await assertRejects(
    () => openCheckpoint(new URL("ftp://127.0.0.1/m")),
    Error,
    "Cannot open ftp: URL: expected http:",
  );
  await assertRejects(() => openCheckpoint("http://"), Error, "Cannot open http://: not a valid URL");
  await assertRejects(() => openCheckpoint("http://h/%zz.json"), Error, "not valid percent-encoding");
});
