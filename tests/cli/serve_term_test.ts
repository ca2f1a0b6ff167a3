/** SIGTERM under load: streams end within --drain seconds, also those in the queue; new requests are refused. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serveProcess } from "./serve_process.ts";
import { exchange } from "./serve_raw.ts";
import { eventsOf, until } from "./serve_support.ts";

const folder = new URL("../../models/stories-mor", import.meta.url).pathname;

const serve = (...flags: string[]) => serveProcess(folder, "--device", "reference", "--slots", "2", ...flags);

/** Streams of a server: their texts when they have ended. */
async function streams(url: string, count: number, tokens: number) {
  const body = { model: "stories-mor", prompt: "Once", max_tokens: tokens, temperature: 0, stream: true };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const responses = await Promise.all(Array.from({ length: count }, () => fetch(`${url}/v1/completions`, init)));
  return responses.map((response) => response.text());
}

const completion = '{"model": "stories-mor", "prompt": "a"}';
const late = `POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${completion.length}\r\n\r\n${completion}`;

Deno.test("SIGTERM under load: running and queued streams end, new requests get 503, the exit code is 0", async () => {
  const { url, said, interrupt, ended } = await serve("--drain", "120");
  const texts = await streams(url, 6, 200);
  interrupt("SIGTERM");
  // the first streams may have ended while the last one was asked for
  await until(() => /Stopping: [1-6] requests? may end within 120 s/.test(said()), 30_000);
  const refused = await exchange(url, late); // the server closes the connection
  assertEquals(refused.status, 503);
  assertStringIncludes(refused.text.toLowerCase(), "\r\nconnection: close\r\n");
  assertStringIncludes(refused.text, '"code":"stopping"');
  const health = await fetch(`${url}/health`);
  assertEquals([health.status, (await health.json()).status], [503, "the server stops"]);
  for (const text of await Promise.all(texts)) {
    const events = eventsOf(text);
    assertEquals([events.length, events.at(-1).choices[0].finish_reason], [201, "length"]);
  }
  const { code, err } = await ended();
  assertEquals(code, 0, err);
  assertEquals(JSON.parse(err.trimEnd().split("\n").at(-1)!).message, "Stopped");
});

Deno.test("after --drain seconds streams end with an error event, and the exit code is 0", async () => {
  const { url, interrupt, ended } = await serve("--drain", "0.2");
  const texts = await streams(url, 3, 500);
  const started = performance.now();
  interrupt("SIGTERM");
  for (const text of await Promise.all(texts)) {
    const last = JSON.parse(text.trimEnd().split("\n\n").at(-1)!.replace("data: ", ""));
    assertEquals([last.error.code, last.error.message], ["stopping", "Cannot answer: the server stops"]);
  }
  const { code, err } = await ended();
  assertEquals(code, 0, err);
  assert(performance.now() - started < 10_000, err);
  const records = err.split("\n").filter((line) => line.includes('"status":503'));
  assertEquals(records.length, 3, err);
});
