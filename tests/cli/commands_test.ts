/** What all commands have in common: help, refusals in one line, and what they do without an adapter. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertRefused, decoderFolder, encoderFolder, run } from "./support.ts";

const commands = ["generate", "encode", "trace", "merge", "demo"];

for (const name of commands) {
  Deno.test(`${name}: help, and flags that are not its own`, async () => {
    const help = await run(name, ["--help", "--device", "reference"]);
    assertEquals([help.code, help.err], [0, ""]);
    for (const part of [`deno task ${name}`, "--device NAME", "--help", "Examples"]) {
      assertStringIncludes(help.out, part);
    }
    assertStringIncludes(assertRefused(await run(name, ["--devise", "reference"])), "the nearest is --device");
    assertStringIncludes(assertRefused(await run(name, ["stray"])), '"stray" belongs to no flag');
  });
}

Deno.test("examples use only flags of the help", async () => {
  for (const name of commands.slice(0, 4)) {
    const { out } = await run(name, ["--help"]);
    const [about, examples] = out.split("\nExamples\n");
    const used = [...examples.matchAll(/--[a-z-]+/g)].map(([flag]) => flag);
    assertEquals(used.filter((flag) => !about.includes(`  ${flag}`)), [], name);
  }
});

Deno.test("wrong values are refused before anything is loaded", async () => {
  const model = ["--model", "no-such-folder"];
  const refused = async (name: string, ...args: string[]) => assertRefused(await run(name, args));
  assertStringIncludes(await refused("generate", "--prompt", "a"), "--model DIR is missing");
  assertStringIncludes(await refused("generate", ...model, "--prompt", ""), "--prompt is empty");
  assertStringIncludes(await refused("generate", ...model, "--prompt", "a"), "no-such-folder");
  assertStringIncludes(
    await refused("generate", ...model, "--prompt", "a", "--max-new-tokens", "-3"),
    "--flag=-3",
  );
  assertStringIncludes(await refused("generate", ...model, "--prompt", "a", "--max-new-tokens=2.5"), "2.5");
  assertStringIncludes(await refused("generate", ...model, "--prompt", "a", "--prompt", "b"), "2 times");
  assertStringIncludes(await refused("generate", ...model, "--prompt", "a", "--recursion", "{"), "--recursion");
  assertStringIncludes(await refused("encode", ...model, "--text", "a", "--pooling", "men"), "the nearest is mean");
  assertStringIncludes(await refused("encode", ...model, "--text", "a", "--ids", "1"), "--text and --ids");
  assertStringIncludes(await refused("encode", ...model, "--file", "no-such-file"), "no-such-file");
  assertStringIncludes(await refused("trace", ...model), "--text TEXT or --ids IDS");
  assertStringIncludes(await refused("merge", ...model, "--out", "x", "--weights", "0.5,0.6"), "1.1");
  assertStringIncludes(await refused("merge", ...model), "--out DIR2 is missing");
});

Deno.test("a model of the other kind is refused", async () => {
  const [decoder, encoder] = [await decoderFolder(), await encoderFolder()];
  const reference = ["--device", "reference"];
  assertRefused(await run("generate", ["--model", encoder, "--prompt", "a", ...reference]));
  assertRefused(await run("encode", ["--model", decoder, "--text", "a", ...reference]));
});

Deno.test({
  name: "without an adapter: a warning and the reference, or a refusal if WebGPU was requested",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const env = { VK_ICD_FILENAMES: "/no/such/driver.json", VK_DRIVER_FILES: "", DENO_WEBGPU_BACKEND: "vulkan" };
    const model = await decoderFolder();
    const args = ["--model", model, "--prompt", "a cat", "--max-new-tokens", "2"];
    const fallback = await run("generate", args, { env });
    assertEquals(fallback.code, 0, fallback.err);
    const warnings = fallback.err.split("\n").filter((line) => line.startsWith("WARNING"));
    assertEquals(warnings.length, 1, fallback.err);
    assert(/install/.test(warnings[0]), warnings[0]);
    assertStringIncludes(assertRefused(await run("generate", [...args, "--device", "webgpu"], { env })), "no adapter");
  },
});
