/** The commands of the package, as its dispatcher runs them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertRefused, encoderFolder, run } from "./support.ts";

Deno.test("the dispatcher lists its commands, and exits with 1 where none is named", async () => {
  const { code, out } = await run("mod", ["--help"]), none = await run("mod", []);
  for (const name of ["serve", "generate", "encode", "trace", "train"]) assertStringIncludes(out, `  ${name}`);
  assertEquals([code, none.code, none.out], [0, 1, out]);
});

Deno.test("the dispatcher refuses an unknown command and names the nearest", async () => {
  const line = assertRefused(await run("mod", ["srve"]));
  assertEquals(line, "Cannot run srve: there is no such command, the nearest is serve");
  assertStringIncludes(assertRefused(await run("mod", ["toString"])), "there is no such command");
});

Deno.test("a command of the dispatcher has the flags and results of its task", async () => {
  const args = ["--model", await encoderFolder(), "--text", "a cat", "--device", "reference"];
  const [packed, task] = [await run("mod", ["encode", ...args]), await run("encode", args)];
  assertEquals([packed.code, packed.out], [0, task.out]);
  assert(packed.out.includes('"embedding":['), packed.out);
});

Deno.test("help of a command begins as the command was started", async () => {
  const [packed, task] = [await run("mod", ["encode", "--help"]), await run("encode", ["--help"])];
  assert(task.out.startsWith("deno task encode"), task.out);
  assertEquals(packed.out, task.out.replaceAll("deno task ", "deno run -A jsr:@refrain/transformers/cli "));
});
