/** Endless sources: reading stops at a stated size for any path. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { linesOf, textOf } from "../../cli/data/read_text.ts";
import { filesOf } from "../../cli/data/sources.ts";
import { readBytes } from "../../cli/support/read_bytes.ts";
import { readText } from "../../cli/support/text.ts";
import { run, temporary } from "./support.ts";

const ignore = Deno.build.os !== "linux"; // /dev/zero, /dev/null

Deno.test({
  name: "endless: /dev/zero is refused at a stated size as text, as a configuration and as a training text",
  ignore,
  fn: async () => {
    const reason = "it has more than 268,435,456 bytes, the most that is read at once";
    const error = await assertRejects(() => readText("/dev/zero"), Error);
    assertEquals(error.message, `Cannot read /dev/zero: ${reason}`);
    const { code, err } = await run("train", ["/dev/zero"]);
    assertEquals([code, err.trim()], [1, `Cannot read /dev/zero: ${reason.replace("268,435,456", "100,000,000")}`]);
    await assertRejects(() => filesOf({ from: "/dev/zero" }, { cacheDir: "" }), Error, "Cannot read /dev/zero: ");
  },
});

Deno.test("endless: a file of exactly the maximum size is read, one more byte is refused", async () => {
  const path = `${temporary()}/text.txt`;
  await Deno.writeTextFile(path, "12345");
  assertEquals(new TextDecoder().decode(await readBytes(path, 5)), "12345");
  await assertRejects(() => readBytes(path, 4), RangeError, "it has more than 4 bytes");
});

Deno.test("endless: a document that is longer than a string can be is refused by its file", async () => {
  const path = `${temporary()}/zeros.txt`;
  using file = await Deno.open(path, { write: true, create: true });
  await file.truncate(2 ** 28 + 2 ** 16);
  for (const read of [() => textOf(path), () => Array.fromAsync(linesOf(path))]) {
    const { message } = await assertRejects(read, RangeError);
    assertStringIncludes(message, `Cannot read a document of ${path}: it has more than 268,435,456 characters`);
  }
});

Deno.test("lines: those of a text in any pieces", async () => {
  const path = `${temporary()}/text.txt`;
  const line = fc.tuple(fc.constantFrom("", "a", "é\u{1F600}"), fc.nat(40_000)).map(([text, n]) => text.repeat(n));
  const lines = fc.array(line, { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(lines, fc.constantFrom("\n", "\r\n"), async (lines, end) => {
      await Deno.writeTextFile(path, lines.map((line) => line + end).join(""));
      assertEquals(await Array.fromAsync(linesOf(path)), lines);
    }),
    { numRuns: 20 },
  );
});
