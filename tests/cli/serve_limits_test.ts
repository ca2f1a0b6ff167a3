/** Limits, wrong addresses, and a lost device. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../cli/support/version.ts";
import { fakeServer, lineOf, post, until } from "./serve_support.ts";

const body = { model: "words", prompt: "ab", max_tokens: 3 };

/** A body that comes in parts and never says how long it is; `pulled` counts its bytes. */
function parts(size: number, count: number) {
  const sent = { bytes: 0 };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent.bytes >= size * count) return controller.close();
      sent.bytes += size;
      controller.enqueue(new Uint8Array(size).fill(32));
    },
  });
  return { stream, sent };
}

Deno.test("a body is read up to its size limit", async () => {
  const { handler, log } = fakeServer({}, { bodyBytes: 10_000, requests: 5 });
  const { stream, sent } = parts(1000, 1e6);
  const response = await handler(post("/v1/completions", null, { body: stream }));
  assertEquals(response.status, 413);
  assertStringIncludes((await response.json()).error.message, "its body has more than 10000 bytes");
  assert(sent.bytes < 20_000, `${sent.bytes} bytes were read`);
  assertStringIncludes(lineOf(log[0]), "POST /v1/completions 413 0+0");
});

Deno.test("only JSON objects are read, and a fault in them is located", async () => {
  const { handler } = fakeServer();
  const cases: [body: BodyInit, type: string, status: number, message: string][] = [
    [JSON.stringify(body), "text/plain", 415, "its content-type is text/plain"],
    ['{"model": "words",\n}', "application/json", 400, "line 2, column 1"],
    ['{"n": 1, "n": 2}', "application/json", 400, 'key "n" occurs twice'],
    ["[1]", "application/json", 400, "expected an object, found an array of 1"],
    [new Uint8Array([34, 255, 34]), "application/json; charset=utf-8", 400, "not UTF-8"],
  ];
  for (const [content, type, status, message] of cases) {
    const init = { body: content, headers: { "content-type": type } };
    const response = await handler(post("/v1/completions", null, init));
    assertEquals(response.status, status);
    assertStringIncludes((await response.json()).error.message, message);
  }
});

Deno.test("at the limit of completions, the next request gets 429", async () => {
  const { handler, engine } = fakeServer({ slots: 1, tick: 5 }, { bodyBytes: 1000, requests: 3 });
  const first = handler(post("/v1/completions", { ...body, n: 2 }));
  await until(() => engine.status().running === 1);
  const refused = await handler(post("/v1/completions", { ...body, n: 2 }));
  assertEquals([refused.status, refused.headers.get("retry-after")], [429, "1"]);
  const { error } = await refused.json();
  assertEquals([error.type, error.code], ["rate_limit_error", "rate_limit_exceeded"]);
  assertStringIncludes(error.message, "3 may run or wait at once, 2 do");
  assertEquals((await first).status, 200);
  assertEquals((await handler(post("/v1/completions", { ...body, n: 2 }))).status, 200);
});

Deno.test("unknown paths and methods are refused", async () => {
  const { handler } = fakeServer();
  const ask = async (method: string, path: string) => {
    const response = await handler(new Request(`http://localhost${path}`, { method }));
    return [response.status, response.headers.get("allow"), (await response.json()).error?.type];
  };
  const wrong = "invalid_request_error";
  assertEquals(await ask("GET", "/v1/completions"), [405, "POST", wrong]);
  assertEquals(await ask("DELETE", "/v1/models/words"), [405, "GET", wrong]);
  assertEquals(await ask("GET", "/v1/chat/nothing"), [404, null, wrong]);
  assertEquals(await ask("GET", "/toString"), [404, null, wrong]);
  assertEquals(await ask("GET", "/v1/models/%ff"), [404, null, wrong]);
  assertEquals(await ask("GET", "/v1/models/gpt"), [404, null, wrong]);
  assertEquals(await ask("HEAD", "/v1/models"), [200, null, undefined]);
});

Deno.test("models are listed, and each is described", async () => {
  const { handler } = fakeServer();
  const get = async (path: string) => await (await handler(new Request(`http://localhost${path}`))).json();
  const { object, data } = await get("/v1/models");
  assertEquals([object, data.map(({ id }: { id: string }) => id)], ["list", ["words", "vectors"]]);
  assertEquals(await get("/v1/models/vectors"), data[1]);
  assertEquals(data[0], {
    id: "words",
    object: "model",
    created: 1,
    owned_by: "refrain",
    refrain: { kind: "decoder" },
  });
});

Deno.test("health is 200 until the device is lost; then every model request is 503 with the reason", async () => {
  const { handler, health } = fakeServer();
  const ask = async () => await handler(new Request("http://localhost/health"));
  assertEquals((await ask()).status, 200);
  health.fault = "the device was lost (unknown): pulled out";
  const sick = await ask();
  assertEquals([sick.status, await sick.json()], [503, { status: health.fault, version: VERSION }]);
  for (const path of ["/v1/completions", "/v1/embeddings"]) {
    const response = await handler(post(path, body));
    assertEquals(response.status, 503);
    assertStringIncludes((await response.json()).error.message, "pulled out");
  }
});

Deno.test("an error inside is a 500 of one line, and 503 where the device is why", async () => {
  const { handler, log, engine, health } = fakeServer({ breakAfter: 1 });
  const response = await handler(post("/v1/completions", { ...body, n: 2 }));
  const { error } = await response.json();
  assertEquals([response.status, error.type, error.message], [
    ...[500, "server_error", "Cannot read from the GPU: it is broken"],
  ]);
  assertEquals(lineOf(log[0]).split("\n").length, 1);
  assertEquals(engine.status().running, 0);
  const late = handler(post("/v1/completions", body));
  await until(() => engine.status().running === 1);
  health.fault = "the device was lost";
  assertEquals((await late).status, 503);
});

Deno.test("a failed engine is permanent: the server refuses all further requests", async () => {
  const { handler, engine } = fakeServer();
  engine.stopped = true;
  assertEquals((await handler(post("/v1/completions", body))).status, 503);
  const response = await handler(new Request("http://localhost/health"));
  assertEquals([response.status, (await response.json()).status], [503, "Cannot generate: the engine has stopped"]);
});
