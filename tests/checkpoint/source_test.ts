import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import type { CheckpointSource } from "../../src/checkpoint/source.ts";
import { encodeSafetensors } from "../../src/checkpoint/write.ts";
import { inFolder, join, utf8 } from "./support.ts";

const content = utf8("0123456789");
const model = join(encodeSafetensors([{ name: "w", shape: [2], data: Float32Array.of(1, 2) }]));

Deno.test("every kind of source gives the same bytes, and the same errors outside the file", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/a.txt`, content);
    const kinds: CheckpointSource[] = [
      folder,
      `${folder}/`,
      new URL(`file://${folder}`),
      `file://${folder}/`,
      { "a.txt": content },
      { "a.txt": new Blob([content]) },
      { "a.txt": new File([content], "other name.txt") },
    ];
    for (const source of kinds.map((kind) => openSource(kind))) {
      assertEquals([await source.size("a.txt"), await source.size("b.txt")], [10, undefined]);
      assertEquals([await source.has("a.txt"), await source.has("b.txt")], [true, false]);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: -2, max: 12 }), fc.integer({ min: -2, max: 12 }), async (from, to) => {
          const read = () => source.read("a.txt", from, to);
          if (from >= 0 && from <= to && to <= 10) assertEquals(await read(), content.slice(from, to));
          else await assertRejects(read, Error, `Cannot read bytes ${from} to ${to} of `);
        }),
      );
      await assertRejects(() => source.read("a.txt", 0.5, 2), Error, "Cannot read bytes 0.5 to 2 of ");
      await assertRejects(() => source.read("b.txt", 0, 1), Error, "no such file");
    }
  }));

Deno.test("one file by path opens with its neighbours", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/odd name #1%.safetensors`, model);
    await Deno.writeFile(`${folder}/config.json`, content);
    const url = new URL(`file://${folder}/`);
    url.pathname += "odd name %231%25.safetensors";
    for (const from of [`${folder}/odd name #1%.safetensors`, url]) {
      const { source, names, read } = await openCheckpoint(from);
      assertEquals([names(), await read("w"), await source.size("config.json")], [["w"], Float32Array.of(1, 2), 10]);
    }
    await assertRejects(() => openCheckpoint(`${folder}/none.safetensors`), Error, "there is no none.safetensors");
    await assertRejects(() => openCheckpoint(`${folder}/none`), Error, "there is no model.safetensors and no model");
  }));

Deno.test("names outside the folder are refused on disk", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/secret`, content);
    await Deno.mkdir(`${folder}/inside`);
    const source = openSource(`${folder}/inside`);
    for (const name of ["../secret", `${folder}/secret`, "..\\secret", "x/../../secret", ""]) {
      await assertRejects(() => source.read(name, 0, 1), Error, "not a plain name inside the checkpoint folder");
    }
  }));

Deno.test("devices, pipes and folders count as missing: none of them ends", () =>
  inFolder(async (folder) => {
    await Deno.symlink("/dev/zero", `${folder}/zero`);
    await Deno.mkdir(`${folder}/model.safetensors`);
    const pipe = await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    assert(pipe.success);
    const source = openSource(folder);
    for (const name of ["zero", "pipe", "model.safetensors", "zero/x"]) {
      assertEquals(await source.has(name), false, name);
    }
  }));

Deno.test("a file that shrinks after it was opened is an error, not a wait", () =>
  inFolder(async (folder) => {
    const path = `${folder}/model.safetensors`;
    await Deno.writeFile(path, model);
    const checkpoint = await openCheckpoint(folder);
    await Deno.truncate(path, model.length - 4);
    await assertRejects(
      () => checkpoint.read("w"),
      Error,
      `Cannot read bytes ${model.length - 8} to ${model.length} of`,
    );
  }));

Deno.test("an aborted signal ends reading from disk and from memory", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/a.txt`, content);
    for (const from of [folder, { "a.txt": content }]) {
      const stop = new AbortController();
      const source = openSource(from, { signal: stop.signal });
      assertEquals((await source.read("a.txt", 0, 10)).length, 10);
      stop.abort(new Error("enough"));
      await assertRejects(() => source.read("a.txt", 0, 10), Error, "enough");
      await assertRejects(() => source.size("a.txt"), Error, "enough");
    }
  }));

Deno.test("without a file system, paths are refused with what to do instead", () => {
  const process = Object.getOwnPropertyDescriptor(globalThis, "process")!;
  try {
    Reflect.deleteProperty(globalThis, "process");
    assertThrows(
      () => openSource("models/tiny"),
      Error,
      "Cannot open models/tiny: this runtime has no file system; pass",
    );
    assertEquals(openSource({ a: content }).name, "the given files");
  } finally {
    Object.defineProperty(globalThis, "process", process);
  }
});
