/** `encode`: the numbers of the library, as JSON lines and as NumPy reads them; files appear whole or not at all. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Encoder } from "../../mod.ts";
import { npyHeader, npyNumbers } from "../../cli/support/npy.ts";
import { batches } from "../../cli/support/text.ts";
import { assertRefused, encoderFolder, names, run, temporary } from "./support.ts";

const model = await encoderFolder();
const args = ["--model", model, "--device", "reference"];
const texts = ["a cat", "two dogs, one cat.", "x"];
const width = 16;

/** Reads a .npy file of version 1.0 as the format's definition says. */
function readNpy(bytes: Uint8Array): { shape: number[]; data: number[] } {
  assertEquals([...bytes.slice(0, 8)], [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = 10 + view.getUint16(8, true);
  assertEquals(start % 64, 0, "numbers are aligned");
  const header = new TextDecoder().decode(bytes.slice(10, start));
  const match = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n$/.exec(header);
  assert(match, header);
  const shape = match[1].split(",").filter((size) => size.trim()).map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  assertEquals(bytes.length, start + 4 * count);
  return { shape, data: Array.from({ length: count }, (_, i) => view.getFloat32(start + 4 * i, true)) };
}

async function expected(options: { pooling?: "mean" | "first" | "last"; normalize?: boolean }): Promise<number[]> {
  await using encoder = await Encoder.load(model, { device: "reference" });
  return Array.from((await encoder.encode(texts, options)).data);
}

Deno.test("one JSON object a line, from flags", async () => {
  const { code, out, err } = await run("encode", [...args, ...texts.flatMap((text) => ["--text", text])]);
  assertEquals(code, 0, err);
  const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ text }) => text), texts);
  assertEquals(lines.flatMap(({ embedding }) => embedding.map(Math.fround)), await expected({}));
});

for (const pooling of ["mean", "first", "last"] as const) {
  Deno.test(`NumPy, ${pooling}, unit length, from standard input`, async () => {
    const flags = ["--pooling", pooling, "--normalize", "--format", "npy"];
    const { code, bytes, err } = await run("encode", [...args, ...flags], { stdin: texts.join("\r\n") + "\n" });
    assertEquals(code, 0, err);
    const { shape, data } = readNpy(bytes);
    assertEquals(shape, [3, width]);
    assertEquals(data, await expected({ pooling, normalize: true }));
  });
}

Deno.test("a file from a file; its ending says the format", async () => {
  const folder = temporary();
  await Deno.writeTextFile(`${folder}/lines.txt`, texts.join("\n"));
  const { code, out } = await run("encode", [...args, "--file", `${folder}/lines.txt`, "--out", `${folder}/a.npy`]);
  assertEquals([code, out], [0, ""]);
  assertEquals(readNpy(await Deno.readFile(`${folder}/a.npy`)).data, await expected({}));
  assertEquals(names(folder), ["a.npy", "lines.txt"]);
});

Deno.test("a model without tokenizer takes ids", async () => {
  const bare = await encoderFolder(false);
  const common = ["--model", bare, "--device", "reference"];
  const { out } = await run("encode", [...common, "--ids", "1 2 3", "--ids", "4,5"]);
  assertEquals(out.trimEnd().split("\n").map((line) => JSON.parse(line).ids), [[1, 2, 3], [4, 5]]);
  assertStringIncludes(assertRefused(await run("encode", [...common, "--text", "a"])), "--ids");
  assertStringIncludes(assertRefused(await run("encode", [...common, "--ids", "1 99"])), "vocabulary of 30");
});

Deno.test("texts that cannot be encoded, by their line", async () => {
  const refused = async (stdin: string | Uint8Array) => assertRefused(await run("encode", args, { stdin }));
  assertStringIncludes(await refused("a\n\nb\n"), "line 2 of 3 is blank");
  assertStringIncludes(await refused(""), "empty");
  assertStringIncludes(await refused(new Uint8Array([0x61, 0xff, 0x0a])), "UTF-8");
  assertStringIncludes(
    await refused(`a\n${"b".repeat(70)}\n`),
    "line 2 of standard input has 70 tokens, 64 is the most; truncate shortens it",
  );
});

Deno.test("longer texts lose tokens at the end that --truncate names, and are listed", async () => {
  const flags = ["--text", "abc", "--text", `${"a".repeat(70)}b`, "--max-length", "3"];
  const cut = await run("encode", [...args, ...flags, "--truncate", "start"]);
  assertStringIncludes(cut.err, "1 text lost tokens: text 2 (3 of 71 left)");
  const [first, second] = cut.out.trimEnd().split("\n").map((line) => JSON.parse(line).embedding);
  const same = await run("encode", [...args, "--text", "abc", "--text", "aab"]);
  assertEquals([first, second], same.out.trimEnd().split("\n").map((line) => JSON.parse(line).embedding));
  assertEquals(same.err.includes("lost tokens"), false);
  const ids = ["--ids", "1 2", "--truncate", "end"];
  assertStringIncludes(assertRefused(await run("encode", [...args, ...ids])), "are for texts");
});

Deno.test("a failed write leaves no file", async () => {
  const folder = temporary();
  const refused = await run("encode", [...args, "--text", "a", "--out", `${folder}/missing/a.npy`]);
  assertStringIncludes(assertRefused(refused), "missing/a.npy");
  await Deno.mkdir(`${folder}/a.npy`);
  assertRefused(await run("encode", [...args, "--text", "a", "--out", `${folder}/a.npy`]));
  assertEquals(names(folder), ["a.npy"]);
});

Deno.test("npy headers of any shape", () => {
  for (const shape of [[0], [1], [7, 1], [2, 3, 4], [123456789, 768], []]) {
    const count = shape.length < 3 && shape[0] > 1e6 ? 0 : shape.reduce((a, b) => a * b, 1);
    const header = npyHeader(shape);
    if (count === 0) assertEquals(header.length % 64, 0);
    else assertEquals(readNpy(new Uint8Array([...header, ...npyNumbers(new Float32Array(count))])).shape, shape);
  }
});

Deno.test("batches keep order and limits", () => {
  const sequences = [5, 1, 1, 9, 2, 2, 2].map((length) => ({ ids: new Array(length).fill(0) }));
  const sizes = [...batches(sequences, { tokens: 6, most: 2 })].map((batch) => batch.map(({ ids }) => ids.length));
  assertEquals(sizes, [[5, 1], [1], [9], [2, 2], [2]]);
});
