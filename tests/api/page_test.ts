/** Loading as in a page: without a file system, with a base URL and a Cache API. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Decoder, loadModel, type LoadOptions } from "../../mod.ts";
import { fileServer, filesOf } from "../support/file_server.ts";
import { commitOf, hubServer } from "../support/hub_server.ts";

const below = (path: string) => filesOf("models/stories-mor", path);
const weights = "/mor/model.safetensors";

/** Hidden states of two tokens, by a model that is loaded in a page at some URL. */
async function inPage(base: string, source: string, options: LoadOptions = {}): Promise<number[]> {
  const process = Object.getOwnPropertyDescriptor(globalThis, "process")!;
  const bare = Object.create(globalThis.process, { getBuiltinModule: { value: undefined }, env: { value: {} } });
  try {
    Object.defineProperty(globalThis, "process", { value: bare, configurable: true }); // the server needs a part of it
    Object.defineProperty(globalThis, "document", { value: { baseURI: `${base}/app/page.html` }, configurable: true });
    await using model = await loadModel(source, { device: "reference", ...options });
    await new Promise((resolve) => setTimeout(resolve, 50)); // blocks are kept after they are read
    return [...(await (model as Decoder).forward([[1, 5]])).hidden.data];
  } finally {
    Object.defineProperty(globalThis, "process", process);
    Reflect.deleteProperty(globalThis, "document");
  }
}

Deno.test("a relative URL: the second load asks for ETags only, and a changed model is loaded anew", async () => {
  await using server = await fileServer(await below("/mor"));
  const { base, asked, files } = server, first = await inPage(base, "../mor");
  assertEquals(asked.splice(0).length, 6);
  assertEquals(await inPage(base, "/mor"), first);
  assertEquals(asked.splice(0).map((line) => line.split(" ")[0]), Array(6).fill("HEAD"));
  assertEquals(await inPage(base, "../mor", { offline: true }), first);
  assertEquals(asked, []);
  const changed = files[weights].slice();
  changed.fill(0, changed.length - 64);
  files[weights] = changed;
  const now = await inPage(base, "../mor");
  assert(now.some((value, i) => value !== first[i]), "it computes with the weights of the server");
  assertEquals(now, await inPage(base, "../mor", { cache: false }));
  files["/mor/config.json"] = new TextEncoder().encode("{}"); // what was kept is of no help
  await assertRejects(() => inPage(base, "../mor"), Error, "config.json");
});

Deno.test("owner/name is a relative URL where there is one, else a model of the Hub, whose commit is kept", async () => {
  await using server = await fileServer(await below("/app/refrain/stories"));
  const plain = Object.fromEntries(Object.entries(await below("")).map(([path, bytes]) => [path.slice(1), bytes]));
  const model = { refs: { main: commitOf("a") }, commits: { [commitOf("a")]: plain }, token: "hf_page" };
  await using servers = await hubServer({ "refrain/stories": model, "refrain/private": model });
  const options = { endpoint: servers.hub.base, token: "hf_page" };
  const expected = await inPage(server.base, "refrain/stories", options);
  assertEquals(servers.hub.asked, []);
  const requests = () => servers.hub.asked.splice(0).length + servers.cdn.asked.splice(0).length;
  assertEquals(await inPage(server.base, "refrain/private", options), expected);
  assert(requests() <= 12);
  assertEquals(await inPage(server.base, "refrain/private", options), expected);
  assertEquals(requests(), 1);
  assertEquals(await inPage(server.base, "refrain/private", { ...options, offline: true }), expected);
  assertEquals(requests(), 0);
  const without = () => inPage(server.base, "refrain/private", { ...options, token: "" });
  await assertRejects(without, Error, "has no such model, a private one needs a token");
});
