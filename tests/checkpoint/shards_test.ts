import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { encodeSafetensors } from "../../src/checkpoint/write.ts";
import { join, utf8 } from "./support.ts";

const INDEX = "model.safetensors.index.json";
const tensor = (name: string, ...values: number[]) => ({
  name,
  shape: [values.length],
  data: Float32Array.from(values),
});
const file = (...tensors: ReturnType<typeof tensor>[]) =>
  join(encodeSafetensors(tensors, { from: tensors[0]?.name ?? "" }));
const index = (map: unknown) => utf8(JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }));

Deno.test("a checkpoint reads the same for any assignment of tensors to shards", async () => {
  const dealt = fc.uniqueArray(fc.tuple(fc.string(), fc.nat(3)), { selector: ([name]) => name, minLength: 1 });
  await fc.assert(fc.asyncProperty(dealt, async (deal) => {
    const files: Record<string, Uint8Array> = {};
    const map: [string, string][] = [];
    for (const shard of new Set(deal.map(([, number]) => number))) {
      const inside = deal.filter(([, number]) => number === shard);
      files[`part-${shard}.safetensors`] = file(...inside.map(([name]) => tensor(name, name.length, 1)));
      for (const [name] of inside) map.push([name, `part-${shard}.safetensors`]);
    }
    const checkpoint = await openCheckpoint({ ...files, [INDEX]: index(Object.fromEntries(map)) });
    assertEquals(checkpoint.names().sort(), deal.map(([name]) => name).sort());
    assertEquals(checkpoint.totalBytes, 8 * deal.length);
    for (const [name] of deal) assertEquals(await checkpoint.read(name), Float32Array.of(name.length, 1));
  }));
});

Deno.test("tensors that the index does not assign to a shard are listed, not read", async () => {
  const checkpoint = await openCheckpoint({
    "sub/a.safetensors": file(tensor("x", 1), tensor("y", 2)),
    "b.safetensors": file(tensor("y", 3), tensor("z", 4)),
    [INDEX]: index({ x: "sub/a.safetensors", y: "b.safetensors" }),
  });
  assertEquals(checkpoint.names(), ["x", "y"]);
  assertEquals(checkpoint.unlisted, ["sub/a.safetensors: y", "b.safetensors: z"]);
  assertEquals(await checkpoint.read("y"), Float32Array.of(3));
  assertEquals(checkpoint.has("z"), false);
  assertEquals({ ...checkpoint.metadata }, { from: "y" });
});

Deno.test("missing shards and missing tensors are named", async () => {
  const a = file(tensor("x", 1));
  const open = (map: unknown) => openCheckpoint({ "a.safetensors": a, "c.safetensors": a, [INDEX]: index(map) });
  await assertRejects(() => open({ x: "a.safetensors", y: "b.safetensors" }), Error, 'lists "b.safetensors", which');
  await assertRejects(() => open({ x: "a.safetensors", y: "c.safetensors" }), Error, 'lists "y in c.safetensors", not');
});

Deno.test("shards outside the folder are refused, whatever the spelling", async () => {
  const outside = [
    "../x",
    "/etc/passwd",
    "a/../../x",
    "a//x",
    "./x",
    "..",
    "",
    "..\\x",
    "C:x",
    "http://127.0.0.1/x",
    "a\0",
    "a".repeat(256),
  ];
  for (const shard of [...outside, 5, null, ["a"], {}]) {
    await assertRejects(
      () => openCheckpoint({ [INDEX]: index({ x: shard }) }),
      Error,
      "expected a file beside the index",
    );
  }
});

Deno.test("an index without a weight map is refused", async () => {
  for (const map of [undefined, null, [], "x"]) {
    await assertRejects(() => openCheckpoint({ [INDEX]: index(map) }), Error, `Cannot read ${INDEX}: weight_map is`);
  }
  const bare = utf8('{"__proto__": {"weight_map": {}}}');
  await assertRejects(() => openCheckpoint({ [INDEX]: bare }), Error, "weight_map is nothing");
});

Deno.test("a single file has priority over an index, and may have any name if it is the only one", async () => {
  const both = { "model.safetensors": file(tensor("one", 1)), [INDEX]: index({ x: "gone.safetensors" }) };
  assertEquals((await openCheckpoint(both)).names(), ["one"]);
  assertEquals((await openCheckpoint({ "mine.safetensors": file(tensor("two", 1)) })).names(), ["two"]);
  const blob = new Blob([file(tensor("three", 3))]);
  assertEquals(await (await openCheckpoint({ "m.safetensors": blob })).read("three"), Float32Array.of(3));
  const none = "Cannot open the given files: there is no model.safetensors and no model.safetensors.index.json";
  await assertRejects(() => openCheckpoint({ "config.json": utf8("{}") }), Error, none);
});

Deno.test("progress counts every byte of the checkpoint once", async () => {
  const seen: number[] = [];
  const checkpoint = await openCheckpoint(
    { "model.safetensors": file(tensor("a", 1, 2), tensor("b", 3)) },
    { onProgress: ({ loaded, total }) => seen.push(loaded, total) },
  );
  for (const name of ["b", "a", "b"]) await checkpoint.read(name);
  assertEquals(seen, [4, 12, 12, 12]);
});
