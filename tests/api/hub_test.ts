/** Models of the Hub: revisions, tokens, and its cache folder. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Decoder, loadModel, type LoadOptions } from "../../mod.ts";
import { inFolder } from "../checkpoint/support.ts";
import { filesOf } from "../support/file_server.ts";
import { commitOf, type HubModel, hubServer } from "../support/hub_server.ts";

const files = Object.fromEntries(
  Object.entries(await filesOf("models/stories-mor", "")).map(([path, content]) => [path.slice(1), content]),
);
const [a, b] = [commitOf("a"), commitOf("b")];
const other = { ...files, "model.safetensors": files["model.safetensors"].slice() };
other["model.safetensors"][other["model.safetensors"].length - 1] ^= 1;
const models = (): Record<string, HubModel> => ({
  "refrain/stories": { refs: { main: a, "v1.0": b, "refs/pr/1": b }, commits: { [a]: files, [b]: other } },
  "refrain/private": { refs: { main: a }, commits: { [a]: files }, token: "hf_secret" },
  "refrain/gated": { refs: { main: a }, commits: {}, gated: true },
});

/** Loads a model and closes it. */
async function loads(model: string, options: LoadOptions): Promise<Decoder> {
  const decoder = await loadModel(model, { device: "reference", token: "", ...options });
  await decoder.close();
  return decoder as Decoder;
}

/** Names in a folder and below it, links with their targets. */
async function tree(folder: string, below = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(`${folder}/${below}`)) {
    const path = below + name;
    if (isDirectory) names.push(...await tree(folder, `${path}/`));
    else names.push(path + (isSymlink ? ` → ${await Deno.readLink(`${folder}/${path}`)}` : ""));
  }
  return names.sort();
}

Deno.test("a model of the Hub comes in 12 requests, then from the cache folder in one, then offline in none", () =>
  inFolder(async (cache) => {
    await using servers = await hubServer(models());
    const { hub, cdn } = servers, options = { cache, endpoint: hub.base };
    let last = 0;
    await loads("refrain/stories", { ...options, onProgress: ({ loaded }) => last = loaded });
    assert(last > 500_000);
    assert(
      (await tree(cache)).some((name) => name.includes("/model.safetensors → ")),
      "all is there when it is loaded",
    );
    const requests = () => hub.asked.splice(0).length + cdn.asked.splice(0).length;
    const first = requests();
    assert(first <= 12, `${first} requests`);
    await loads("refrain/stories", options);
    assertEquals(requests(), 1);
    await loads("refrain/stories", { ...options, offline: true });
    await loads(`refrain/stories@${a}`, options);
    assertEquals(requests(), 0);
    const found = await tree(`${cache}/models--refrain--stories`);
    const blobs = found.filter((name) => name.startsWith("blobs/")).map((name) => name.slice(6));
    assert(blobs.every((name) => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name)), blobs.join());
    const kept = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
    const links = found.filter((name) => name.startsWith(`snapshots/${a}/`));
    assertEquals(links.map((link) => link.split(" → ")[0].split("/")[2]), kept);
    assert(links.every((link) => blobs.includes(/ → \.\.\/\.\.\/blobs\/(\w+)$/.exec(link)![1])), links.join());
    assertEquals(await Deno.readTextFile(`${cache}/models--refrain--stories/refs/main`), a);
    assert(found.includes(`.no_exist/${a}/generation_config.json`));
    await Deno.remove(`${cache}/models--refrain--stories/.no_exist`, { recursive: true });
    await loads("refrain/stories", { ...options, offline: true });
    assertEquals(requests(), 0);
  }));

Deno.test("a revision has the files of its commit; equal ones are not downloaded again", () =>
  inFolder(async (cache) => {
    await using servers = await hubServer(models());
    const { hub, cdn } = servers, options = { cache, endpoint: hub.base };
    await loads("refrain/stories", options);
    cdn.asked.length = hub.asked.length = 0;
    await loads("refrain/stories@v1.0", options);
    assertEquals(cdn.asked.length, 1);
    assertEquals(hub.asked.filter((line) => line.startsWith("GET") && line.includes("json")), []);
    await loads("refrain/stories@refs/pr/1", options);
    assertEquals(cdn.asked.length, 1);
    const model = models()["refrain/stories"];
    await using later = await hubServer({ "refrain/stories": { ...model, refs: { main: b } } });
    await loads("refrain/stories", { cache, endpoint: later.hub.base });
    assertEquals(await Deno.readTextFile(`${cache}/models--refrain--stories/refs/main`), b);
    assertEquals(later.cdn.asked, []);
  }));

Deno.test("a private model needs its token, which no other server gets", () =>
  inFolder(async (cache) => {
    await using servers = await hubServer(models());
    const options = { cache, endpoint: servers.hub.base };
    await loads("refrain/private", { ...options, token: "hf_secret" });
    await loads("refrain/private", { ...options, token: "hf_secret", offline: true });
    const table: [string, LoadOptions, string][] = [
      ["refrain/none", {}, "has no such model, a private one needs a token"],
      ["refrain/none", { token: "hf_other" }, "has no such model, or the token gives no access"],
      ["refrain/gated", {}, "its authors give access one by one, ask them at"],
      ["refrain/stories@v3", {}, "has no revision v3 of it"],
      ["refrain/stories", { offline: true }, "`offline` is set, and main is not in"],
    ];
    for (const [model, more, message] of table) {
      const load = () => loads(model, { ...options, ...more, cache: `${cache}/empty` });
      const { message: found } = await assertRejects(load, Error, message);
      assert(/^Cannot open refrain\/\w+: [^\n]+$/.test(found), found);
    }
  }));

Deno.test("a download that broke is resumed, by this process or by a later one", () =>
  inFolder(async (cache) => {
    await using servers = await hubServer(models(), { breakAfter: 300_000 });
    const options = { cache, endpoint: servers.hub.base }, size = files["model.safetensors"].length;
    await loads("refrain/stories", options);
    const asked = servers.cdn.asked.map((line) => line.split(" ").at(-1));
    assertEquals(asked, ["-", "bytes=300000-"]);
    const blobs = `${cache}/models--refrain--stories/blobs`,
      name = (await Deno.readLink(
        `${cache}/models--refrain--stories/snapshots/${a}/model.safetensors`,
      )).split("/").at(-1)!;
    const content = await Deno.readFile(`${blobs}/${name}`);
    await Deno.remove(`${cache}/models--refrain--stories/snapshots`, { recursive: true });
    await Deno.remove(`${blobs}/${name}`);
    await Deno.writeFile(`${blobs}/${name}.999999.incomplete`, content.slice(0, 500_000));
    servers.cdn.asked.length = 0;
    await loads("refrain/stories", options);
    assertEquals(servers.cdn.asked.map((line) => line.split(" ").at(-1)), [`bytes=500000-${size - 1}`]);
    assertEquals((await Deno.stat(`${blobs}/${name}`)).size, size);
    assertEquals(await Deno.readFile(`${blobs}/${name}`), content);
    const other = `${cache}/other/models--refrain--stories/blobs`;
    await Deno.mkdir(other, { recursive: true });
    await Deno.writeFile(`${other}/${name}.1.incomplete`, new Uint8Array(510_000)); // of a process that runs
    await loads("refrain/stories", { ...options, cache: `${cache}/other` });
    assertEquals(await Deno.readFile(`${other}/${name}`), content);
  }));

Deno.test("two loads at a time download a file once", () =>
  inFolder(async (cache) => {
    await using servers = await hubServer(models(), { latencyMs: 20 });
    const options = { cache, endpoint: servers.hub.base };
    await Promise.all([loads("refrain/stories", options), loads("refrain/stories", options)]);
    assertEquals(servers.cdn.asked.length, 1);
  }));
