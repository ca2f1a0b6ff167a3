import { assertEquals, assertRejects } from "@std/assert";
import { readJson } from "../../src/checkpoint/json.ts";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { loadParameters } from "../../src/checkpoint/load.ts";
import { parameter } from "../../src/model/parameters.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { httpSource } from "../../src/checkpoint/source_http.ts";
import { encodeSafetensors } from "../../src/checkpoint/write.ts";
import { join, utf8 } from "./support.ts";
import { type Handler, plain, ranged, serving } from "./support_http.ts";

const values = Float32Array.from({ length: 1000 }, (_, i) => i);
const model = join(
  encodeSafetensors([{ name: "w", shape: [1000], data: values }, {
    name: "v",
    shape: [1],
    data: values.subarray(7, 8),
  }]),
);
const files: Record<string, Uint8Array<ArrayBuffer>> = {
  "/m/model.safetensors": model,
  "/m/config.json": utf8('{"a": 1}'),
  "/m/empty.json": new Uint8Array(0),
};

const unsized: Handler = async (request, content) => {
  if (!request.headers.has("range")) return plain(request, content);
  const response = await ranged(request, content);
  return response.status === 206 ? new Response(response.body, { status: 206 }) : response;
};

for (
  const [kind, handler] of [["ranges", ranged], ["no ranges", plain], ["ranges of unknown size", unsized]] as const
) {
  Deno.test(`a server with ${kind} serves a checkpoint`, async () => {
    await serving(files, handler, async (base) => {
      const folder = await openCheckpoint(base);
      assertEquals(await folder.read("w"), values);
      assertEquals(await folder.read("v"), Float32Array.of(7));
      assertEquals(await readJson(folder.source), { a: 1 });
      assertEquals(await folder.source.has("gone.json"), false);
      assertEquals(await folder.source.size("empty.json"), 0);
      const file = await openCheckpoint(new URL(`${base}/model.safetensors?token=secret`));
      assertEquals(file.names(), ["w", "v"]);
      assertEquals(file.source.name.includes("secret"), false);
      assertEquals(await readJson(file.source), { a: 1 });
    });
  });
}

Deno.test("only blocks with requested bytes are fetched, or the whole file once", async () => {
  await serving(files, ranged, async (base, asked) => {
    const checkpoint = await openCheckpoint(httpSource(new URL(base), { blockBytes: 1000 }));
    await checkpoint.read("v");
    await checkpoint.read("v");
    assertEquals(
      asked,
      [0, 4000].map((start) => {
        return `/m/model.safetensors bytes=${start}-${start ? model.length - 1 : 999}`;
      }),
    );
    assertEquals(await checkpoint.read("w"), values);
    assertEquals(asked.length, Math.ceil(model.length / 1000));
  });
  await serving(files, plain, async (base, asked) => {
    await (await openCheckpoint(base)).read("v");
    assertEquals(asked.length, 1);
  });
});

Deno.test("two blocks are read ahead where blocks are read one after the other, and twelve are kept", async () => {
  const content = Uint8Array.from({ length: 19_500 }, (_, i) => i % 251);
  await serving({ "/m/model.safetensors": content }, ranged, async (base, asked) => {
    const source = httpSource(new URL(base), { blockBytes: 1000 });
    const read = async (start: number, end: number) => {
      assertEquals(await source.read("model.safetensors", start, end), content.slice(start, end));
      await new Promise((resolve) => setTimeout(resolve, 50));
      const blocks = asked.splice(0).map((line) => Math.floor(Number(/bytes=(\d+)-/.exec(line)![1]) / 1000));
      return blocks.sort((a, b) => a - b);
    };
    assertEquals(await read(0, 500), [0]);
    assertEquals(await read(900, 1100), [1, 2, 3]);
    assertEquals(await read(1100, 3900), [4, 5]);
    assertEquals(await read(3900, 19_500), Array.from({ length: 14 }, (_, i) => 6 + i));
    assertEquals(await read(8000, 19_500), []);
    assertEquals(await read(0, 500), [0]);
  });
});

Deno.test("parameters are loaded in the order of the file, so that no block is asked for twice", async () => {
  const names = Array.from({ length: 60 }, (_, i) => `w${i}`), data = new Float32Array(125); // two a block
  const content = join(encodeSafetensors(names.map((name) => ({ name, shape: [125], data }))));
  const apart = names.toSorted((a, b) => Number(a.slice(1)) % 2 - Number(b.slice(1)) % 2); // first of all blocks, then second
  const schema = Object.fromEntries(apart.map((name) => [name, parameter(name, [125])]));
  await serving({ "/m/model.safetensors": content }, ranged, async (base, asked) => {
    await loadParameters(await openCheckpoint(httpSource(new URL(base), { blockBytes: 1000 })), schema);
    assertEquals(asked.length, Math.ceil(content.length / 1000));
  });
});

Deno.test("names are encoded, so that they cannot reach outside the folder", async () => {
  await serving(files, ranged, async (base, asked) => {
    assertEquals(await openSource(base).has("a%2f..?x#y.json"), false);
    assertEquals(asked, ["/m/a%252f..%3Fx%23y.json null"]);
    await assertRejects(
      () => openSource(base).has("../secret"),
      Error,
      "not a plain name inside the checkpoint folder",
    );
  });
});
