/** Models load through slow and faulty servers, with few requests, and are the same bit for bit. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Decoder, Encoder, loadModel } from "../../mod.ts";
import { type Faults, fileServer, filesOf } from "../support/file_server.ts";

const files = {
  ...await filesOf("models/stories-mor", "/mor"),
  ...await filesOf("models/stories-modernalbert", "/albert"),
};
const weights = files["/mor/model.safetensors"].length;

/** Text that a decoder writes. */
async function storyOf(decoder: Decoder): Promise<string> {
  let story = "";
  for await (const { text } of decoder.generate("Once upon", { maxNewTokens: 4 })) story += text;
  return story;
}

await using local = await Decoder.load(new URL("../../models/stories-mor", import.meta.url), { device: "reference" });
const story = await storyOf(local);

const servers: [string, Faults, requests: number][] = [
  ["without faults", {}, 6],
  ["50 ms away", { latencyMs: 50 }, 6],
  ["without ranges", { ranges: "none" }, 6],
  ["with gzip whatever was asked", { gzip: true }, 7],
  ["with gzip and without ranges", { gzip: true, ranges: "none" }, 7],
  ["that sends all for bytes=0-0", { ranges: "vite" }, 6],
  ["with a page for missing files", { page: true }, 6],
  ["without ETags", { untagged: true }, 6],
  ["that answers 503 at first", { first: [503, 503] }, 18],
  ["that resets connections at first", { first: ["reset"] }, 12],
  ["that closes bodies in the middle", { breakAfter: 100_000 }, 11],
  ["that closes a body in the middle, without ranges", { breakAfter: 300_000, breaks: 1, ranges: "none" }, 7],
  ["that closes a compressed body in the middle", { breakAfter: 300_000, breaks: 2, gzip: true }, 8],
  ["that does all of this", { breakAfter: 300_000, breaks: 2, gzip: true, ranges: "none", latencyMs: 50 }, 8],
];

for (const [kind, faults, requests] of servers) {
  Deno.test(`a decoder from a server ${kind} takes ${requests} requests`, async () => {
    await using server = await fileServer(files, faults);
    const seen: number[] = [];
    const onProgress = ({ loaded, total }: { loaded: number; total: number }) => {
      assert(loaded > (seen.at(-1) ?? 0) && loaded <= total, `${loaded} of ${total}`);
      seen.push(loaded);
    };
    await using decoder = await loadModel(`${server.base}/mor`, { device: "reference", onProgress });
    assertEquals(await storyOf(decoder as Decoder), story);
    assertEquals(server.asked.length, requests, server.asked.join("\n"));
    assert(seen.length > 20 && weights - seen.at(-1)! < 20_000, `${seen.length} calls, ${seen.at(-1)} bytes`);
  });
}

Deno.test("a body that never comes to its end is an error with the bytes and the attempts", async () => {
  await using server = await fileServer(files, { ranges: "none", breakAfter: 100_000 });
  const error = await assertRejects(() => Decoder.load(`${server.base}/mor`, { device: "reference" }), Error);
  const found = /^Cannot read http:\S+\/mor\/model\.safetensors: .+ \(5 attempts\)$/;
  assert(found.test(error.message), error.message);
});

Deno.test("a file of tensors that goes on after its end is refused, also where its size shows only then", async () => {
  const longer = new Uint8Array(weights + 4);
  longer.set(files["/mor/model.safetensors"]);
  for (const gzip of [false, true]) {
    await using server = await fileServer({ ...files, "/mor/model.safetensors": longer }, { gzip });
    const load = () => loadModel(`${server.base}/mor`, { device: "reference" });
    await assertRejects(
      load,
      Error,
      `${weights + 4} bytes, expected ${weights}; it has bytes that belong to no tensor`,
    );
  }
});

Deno.test("a signal ends loading in the middle of a body, and closes the connection", async () => {
  let closed = () => {};
  const left = new Promise<void>((resolve) => closed = resolve);
  await using server = await fileServer(files, {}, ({ url }, response) => {
    if (!url!.endsWith(".safetensors")) return false;
    response.writeHead(200, { "content-length": weights });
    response.write(files["/mor/model.safetensors"].subarray(0, 200_000));
    response.on("close", () => closed());
    return true;
  });
  const stop = new AbortController(), reason = new Error("the user has left");
  const onProgress = () => stop.abort(reason);
  const load = () => loadModel(`${server.base}/mor`, { device: "reference", signal: stop.signal, onProgress });
  assertEquals(await assertRejects(load, Error), reason);
  await left;
});

Deno.test("a model from a server is saved with the files that it was loaded with", async () => {
  await using server = await fileServer(files, { ranges: "none", gzip: true });
  await using decoder = await Decoder.load(`${server.base}/mor`, { device: "reference" });
  const folder = await Deno.makeTempDir();
  const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
  assertEquals((await decoder.save(folder)).sort(), names);
  const read = (name: string) => Deno.readFile(`${folder}/${name}`);
  assertEquals(await read("tokenizer.json"), files["/mor/tokenizer.json"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("an encoder takes 12 requests at most", async () => {
  await using server = await fileServer(files);
  await using encoder = await Encoder.load(`${server.base}/albert`, { device: "reference" });
  assertEquals((await encoder.fill("The [MASK].")).length, 1);
  assert(server.asked.length <= 12, server.asked.join("\n"));
});

Deno.test("a server with nothing but a page is named as such", async () => {
  await using server = await fileServer({}, { page: true });
  const message = "the server sent an HTML page instead, as single-page servers do";
  await assertRejects(() => loadModel(`${server.base}/mor`, { device: "reference" }), Error, message);
  await assertRejects(() => Decoder.load(`${server.base}/mor`, { device: "reference" }), Error, message);
});
