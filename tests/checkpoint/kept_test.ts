// Files that a browser keeps: with the Cache API of Deno, and with one that has no room.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { browserCache } from "../../src/checkpoint/http/kept_files.ts";
import { httpSource } from "../../src/checkpoint/source_http.ts";
import type { Source, SourceOptions } from "../../src/checkpoint/source.ts";
import { type Faults, fileServer } from "../support/file_server.ts";

const content = (seed: number) => Uint8Array.from({ length: 2500 }, (_, i) => i * seed);
const files = () => ({ "/m/model.safetensors": content(3), "/m/config.json": new TextEncoder().encode("{}") });
const send = (url: URL, init: RequestInit) => fetch(url, init);

/** Reads both files of a server as a page does, and gives what was asked and read. */
async function visit(base: string, asked: string[], options: SourceOptions & { caches: CacheStorage }) {
  asked.length = 0;
  const keep = browserCache({ ...options, send });
  const source = httpSource(new URL(`${base}/m`), { ...options, blockBytes: 1000, keep });
  const size = await source.size("model.safetensors") ?? 0;
  const weights = await source.read("model.safetensors", 0, size);
  const config = await source.read("config.json", 0, 2);
  const gone = await source.has("gone.json");
  await new Promise((resolve) => setTimeout(resolve, 50)); // blocks are kept after they are read
  source.release?.();
  return { weights: [...weights], config: [...config], gone, asked: asked.map((line) => line.replace("/m/", "")) };
}

const kinds: [string, Faults, number][] = [["with ranges", {}, 3], ["without ranges", { ranges: "none" }, 1]];
for (const [kind, faults, blocks] of kinds) {
  Deno.test(`files of a server ${kind} are kept, and compared by their ETags`, async () => {
    await using server = await fileServer(files(), faults);
    const { base, asked } = server, options = { caches };
    const first = await visit(base, asked, options);
    assertEquals(first.weights, [...content(3)]);
    assertEquals(first.asked.length, blocks + 2, first.asked.join("\n"));
    const second = await visit(base, asked, options);
    assertEquals({ ...second, asked: [] }, { ...first, asked: [] });
    assertEquals(second.asked, ["HEAD model.safetensors -", "HEAD config.json -", "GET gone.json -"]);
    assertEquals(await visit(base, asked, { ...options, offline: true }), { ...first, asked: [] });
    server.files["/m/model.safetensors"] = content(5);
    assertEquals((await visit(base, asked, options)).weights, [...content(5)]);
    assertEquals((await visit(base, asked, { ...options, offline: true })).weights, [...content(5)]);
    const uncached = await visit(base, asked, { ...options, cache: false });
    assertEquals(uncached.asked.length, blocks + 2);
  });
}

Deno.test("kept files are read at once, and confirmed later, also those that are missing", async () => {
  await using server = await fileServer(files());
  const { base, asked } = server, url = new URL(`${base}/m`);
  const open = () => httpSource(url, { blockBytes: 1000, keep: browserCache({ caches, send, optimistic: true }) });
  const readAll = async (source: Source) => {
    const weights = [...await source.read("model.safetensors", 0, await source.size("model.safetensors") ?? 0)];
    const gone = await source.has("gone.json");
    await new Promise((resolve) => setTimeout(resolve, 50)); // blocks are kept after they are read
    return { weights, gone };
  };
  const first = open();
  assertEquals(await readAll(first), { weights: [...content(3)], gone: false });
  assertEquals(await first.confirm!(), true);
  asked.length = 0;
  const second = open();
  assertEquals(await readAll(second), { weights: [...content(3)], gone: false });
  assertEquals([await second.confirm!(), asked], [true, ["HEAD /m/model.safetensors -", "HEAD /m/gone.json -"]]);
  for (const change of ["/m/model.safetensors", "/m/gone.json"]) {
    server.files[change] = content(7);
    const source = open();
    assertEquals((await readAll(source)).gone, false, "as it was kept");
    assertEquals(await source.confirm!(), false);
    await source.release?.();
    const now = await readAll(source);
    assertEquals(now, { weights: [...content(7)], gone: change === "/m/gone.json" });
    assertEquals(await source.confirm!(), true);
  }
});

Deno.test("what is kept is not written again", async () => {
  await using server = await fileServer(files());
  const written: string[] = [];
  const open = async (name: string) => {
    const cache = await caches.open(name);
    const put = (key: URL, response: Response) => (written.push(key.search), cache.put(key, response));
    return { match: cache.match.bind(cache), delete: cache.delete.bind(cache), put };
  };
  const options = { caches: { open } as unknown as CacheStorage };
  await visit(server.base, server.asked, options);
  const entries = ["block-0", "block-0", "block-1", "block-2", "meta", "meta", "missing"];
  assertEquals(written.splice(0).sort(), entries.map((entry) => `?refrain=${entry}`));
  await visit(server.base, server.asked, options);
  assertEquals(written, []);
});

Deno.test("files without ETag and time of change are not kept, and offline says what is missing", async () => {
  await using server = await fileServer(files(), { untagged: true });
  const first = await visit(server.base, server.asked, { caches });
  assertEquals((await visit(server.base, server.asked, { caches })).asked, first.asked);
  const source = httpSource(new URL(`${server.base}/m`), { offline: true, keep: browserCache({ caches, send }) });
  assertEquals(await source.has("config.json"), false);
  assertEquals(source.whyMissing?.("config.json"), "`offline` is set, and it is not kept from an earlier load");
  await assertRejects(() => source.read("config.json", 0, 1), Error, "no such file");
});

Deno.test("where there is no room, files are read all the same, with one warning a file", async () => {
  await using server = await fileServer(files());
  const full = () => Promise.reject(new DOMException("the quota is exceeded", "QuotaExceededError"));
  const entries = new Set<string>();
  const cache = { match: () => Promise.resolve(undefined), put: full, delete: (key: URL) => entries.delete(key.href) };
  const warnings: string[] = [], warn = console.warn;
  console.warn = (text: string) => warnings.push(text);
  try {
    const none = { open: () => Promise.resolve(cache) } as unknown as CacheStorage;
    assertEquals((await visit(server.base, server.asked, { caches: none })).weights, [...content(3)]);
  } finally {
    console.warn = warn;
  }
  assertEquals(warnings.length, 2);
  assert(warnings.every((text) => /^Cannot keep http:\S+ for the next load: .*quota is exceeded/.test(text)));
});
