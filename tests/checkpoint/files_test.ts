import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Chunks, writeFileAtomically, writeFilesAtomically } from "../../src/checkpoint/files.ts";
import { inFolder, utf8 } from "./support.ts";

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Two chunks, then what a broken producer or a leaving user would cause. */
async function* twoThen(trouble: () => void): AsyncGenerator<Uint8Array> {
  yield utf8("abc");
  yield utf8("de");
  await Promise.resolve();
  trouble();
  yield utf8("f");
}

const fail = () => {
  throw new Error("the device was lost");
};

Deno.test("a file is written whole, over an old one too, and nothing else is left", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.bin`;
    for (const chunks of [[utf8("old content")], [], [utf8("n"), utf8(""), utf8("ew")]]) {
      await writeFileAtomically(path, chunks);
      assertEquals(await Deno.readTextFile(path), chunks.map((chunk) => new TextDecoder().decode(chunk)).join(""));
    }
    assertEquals(namesIn(folder), ["a.bin"]);
  }));

Deno.test("the old file stays until the new one is complete", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.bin`;
    await Deno.writeTextFile(path, "old");
    let before = "";
    await writeFileAtomically(path, twoThen(() => before = Deno.readTextFileSync(path)));
    assertEquals([before, await Deno.readTextFile(path)], ["old", "abcdef"]);
  }));

Deno.test("when the chunks fail, the old file is as it was and no temporary file is left", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.bin`;
    await Deno.writeTextFile(path, "old");
    const error = await assertRejects(() => writeFileAtomically(path, twoThen(fail)), Error);
    assertEquals(error.message, `Cannot write ${path}: stopped after 5 bytes, the device was lost`);
    assertEquals(await Deno.readTextFile(path), "old");
    assertEquals(namesIn(folder), ["a.bin"]);
  }));

Deno.test("an abort does the same, and is known by its name", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.bin`;
    const stop = new AbortController();
    const write = () => writeFileAtomically(path, twoThen(() => stop.abort()), { signal: stop.signal });
    const error = await assertRejects(write, Error, `Cannot write ${path}: stopped after 5 bytes, `);
    assertEquals(error.name, "AbortError");
    assertEquals(namesIn(folder), []);
  }));

Deno.test("when the disk is full, the error has path, bytes and reason", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.bin`;
    await Deno.writeTextFile(path, "old");
    const module = new URL("../../src/checkpoint/files.ts", import.meta.url);
    const script = `import { writeFileAtomically } from ${JSON.stringify(module.href)};
      const chunks = Array(100).fill(new Uint8Array(1000));
      await writeFileAtomically(${JSON.stringify(path)}, chunks).catch((error) => console.log(error.message));`;
    await Deno.writeTextFile(`${folder}/script.ts`, script);
    // A limit on the size of files stands for a full disk; it needs no rights and no mount.
    const limited = `trap '' XFSZ; ulimit -f 16; exec "$0" run -A --no-config --no-check "$1"`;
    const { stdout } = await new Deno.Command("bash", {
      args: ["-c", limited, Deno.execPath(), `${folder}/script.ts`],
      env: { DENO_NO_UPDATE_CHECK: "1" },
    }).output();
    const printed = new TextDecoder().decode(stdout);
    const found = /^Cannot write (.+): stopped after (\d+) bytes, (.*too large.*)\n$/.exec(printed);
    assertEquals(found?.[1], path, printed);
    assertEquals(Number(found?.[2]), 16_000); // the last whole chunk below the limit of 16 KiB
    assertEquals(await Deno.readTextFile(path), "old");
    assertEquals(namesIn(folder), ["a.bin", "script.ts"]);
  }));

Deno.test("devices and folders are not replaced, folders that are not there are an error", () =>
  inFolder(async (folder) => {
    const device = `${folder}/device`; // by a link, so that a failing test does not cost the machine its device
    await Deno.symlink("/dev/full", device);
    await assertRejects(() => writeFileAtomically(device, [utf8("x")]), Error, "not a regular file");
    assert((await Deno.lstat(device)).isSymlink);
    await assertRejects(() => writeFileAtomically(folder, [utf8("x")]), Error, "not a regular file");
    const path = `${folder}/none/a.bin`;
    await assertRejects(
      () => writeFileAtomically(path, [utf8("x")]),
      Error,
      `Cannot write ${path}: stopped after 0 bytes`,
    );
  }));

Deno.test("a checkpoint folder is made and filled", () =>
  inFolder(async (folder) => {
    const made = `${folder}/deep/tiny/`;
    await writeFilesAtomically(made, { "config.json": [utf8("{}")], "model.safetensors": [utf8("m")] });
    assertEquals(namesIn(made), ["config.json", "model.safetensors"]);
    assertEquals(await Deno.readTextFile(`${made}config.json`), "{}");
  }));

Deno.test("if one file of a folder cannot be written, none of them changes", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/config.json`, "old");
    const files = (last: Record<string, Chunks>) => ({ "config.json": [utf8("new")], ...last });
    for (const into of [folder, `${folder}/new/deep`]) {
      const broken = files({ "model.safetensors": twoThen(fail) });
      await assertRejects(() => writeFilesAtomically(into, broken), Error, "model.safetensors: stopped after 5 bytes");
    }
    assertEquals(namesIn(folder), ["config.json"]);
    await assertRejects(() => writeFilesAtomically(folder, files({ "../x": [] })), Error, "not a plain name");
    await Deno.mkdir(`${folder}/model.safetensors`);
    const blocked = files({ "model.safetensors": [utf8("m")] });
    await assertRejects(() => writeFilesAtomically(folder, blocked), Error, "not a regular file");
    assertEquals(await Deno.readTextFile(`${folder}/config.json`), "old");
    assertEquals(namesIn(folder), ["config.json", "model.safetensors"]);
    await assertRejects(() => writeFilesAtomically(`${folder}/config.json`, {}), Error, "Cannot write");
  }));
