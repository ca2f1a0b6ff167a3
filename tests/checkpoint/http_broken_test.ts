import { assert, assertEquals, assertRejects } from "@std/assert";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { rawFile, utf8 } from "./support.ts";
import { type Handler, missing, ranged, serving } from "./support_http.ts";

const ranges = (range: string, length: number) =>
  new Response(new Uint8Array(length), { status: 206, headers: { "content-range": `bytes ${range}` } });

const broken: [string, Handler, RegExp][] = [
  ["404", missing, /there is no model\.safetensors and no model\.safetensors\.index\.json$/],
  ["500", () => new Response(null, { status: 500 }), /the server answered 500/],
  ["a page instead of the file", () => new Response("<html>".repeat(9)), /claims \d+ bytes/],
  ["a size that is no size", () => ranges("0-0/99999999999999999999", 1), /gives its size as 1000{9}/],
  ["too much", () => ranges("0-0/5000", 50), /sent more than the 1 bytes asked for/],
  ["too little", () => ranges("0-0/5000", 0), /the body ends after 0 of 1 bytes/],
  ["another range", () => ranges("9-9/5000", 1), /asked for bytes from 0, the server sent them from 9/],
];

for (const [what, handler, message] of broken) {
  Deno.test(`a server that sends ${what} is one clear error`, async () => {
    await serving({}, handler, async (base) => {
      const error = await assertRejects(() => openCheckpoint(base), Error);
      assert(message.test(error.message) && /^Cannot [^\n]+$/.test(error.message), error.message);
    });
  });
}

for (const [status, sent] of [["200 OK", "12345"], ["206 Partial Content", ""]]) {
  Deno.test(`a truncated body of status ${status} is one clear error`, async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const answer = async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(4096));
      await connection.write(utf8(`HTTP/1.1 ${status}\r\nContent-Length: 5000\r\n\r\n${sent}`));
    };
    const answered = answer();
    const source = openSource(`http://127.0.0.1:${listener.addr.port}/m`);
    const error = await assertRejects(() => source.size("model.safetensors"), Error, "/m/model.safetensors: ");
    assert(/^Cannot read http[^\n]+$/.test(error.message), error.message);
    await answered;
    listener.close();
  });
}

Deno.test("a file that changes between two requests is refused", async () => {
  const files = { "/m/model.safetensors": rawFile("{}") };
  await serving(files, ranged, async (base) => {
    const source = openSource(base);
    assertEquals(await source.size("model.safetensors"), 10);
    files["/m/model.safetensors"] = rawFile("{} ");
    await assertRejects(() => source.read("model.safetensors", 0, 8), Error, "it had 10 bytes, now it has 11");
    delete (files as Partial<typeof files>)["/m/model.safetensors"];
    await assertRejects(() => source.read("model.safetensors", 0, 8), Error, "it is no longer there");
  });
});

Deno.test("a failure is not cached: the next call requests again", async () => {
  let calls = 0;
  const flaky: Handler = (request, content) =>
    calls++ === 0 ? new Response(null, { status: 503 }) : ranged(request, content);
  await serving({ "/m/model.safetensors": rawFile("{}") }, flaky, async (base) => {
    const source = openSource(base);
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
  await assertRejects(() => openCheckpoint(url), Error, `Cannot read ${url}/model.safetensors: `);
  await assertRejects(
    () => openCheckpoint(new URL("ftp://127.0.0.1/m")),
    Error,
    "Cannot open ftp: URL: expected http:",
  );
  await assertRejects(() => openCheckpoint("http://"), Error, "Cannot open http://: not a valid URL");
  await assertRejects(() => openCheckpoint("http://h/%zz.json"), Error, "not valid percent-encoding");
});
