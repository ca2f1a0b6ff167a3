/** `generate`: text on standard output, everything else on standard error; ends well when it is interrupted. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Decoder, type Piece } from "../../mod.ts";
import { goldenPath } from "../support/golden.ts";
import { assertRefused, decoderFolder, run, start } from "./support.ts";

const model = await decoderFolder();
const reference = ["--device", "reference"];
const args = ["--model", model, "--prompt", "a cat, ", "--max-new-tokens", "12", ...reference];

Deno.test("the prompt and what the library generates, then one line about it", async () => {
  const { code, out, err } = await run("generate", args);
  assertEquals(code, 0, err);
  await using decoder = await Decoder.load(model, { device: "reference" });
  let expected = "a cat, ";
  for await (const { text } of decoder.generate(expected, { maxNewTokens: 12 })) expected += text;
  assertEquals(out, `${expected}\n`);
  assert(/^12 tokens, [\d.]+ tokens\/s, mean depth [12]\.\d\d of 2$/m.test(err), err);
  assertEquals(err.trimEnd().split("\n").length, 2, err);
});

Deno.test("--json is one object with every token", async () => {
  const { code, out } = await run("generate", [...args, "--json"]);
  assertEquals(code, 0);
  const { prompt, text, tokens } = JSON.parse(out);
  assertEquals([prompt, tokens.length, text], [
    "a cat, ",
    12,
    tokens.map((token: { text: string }) => token.text).join(""),
  ]);
  assert(tokens.every(({ depth, score }: Piece) => (depth === 1 || depth === 2) && typeof score === "number"));
});

Deno.test("a seed, a temperature and a cap of depth reach the library; bad ones are refused by name", async () => {
  const drawn = [...args, "--seed", "3", "--temperature", "1.5", "--max-depth", "1"];
  const [{ out, err }, again] = [await run("generate", drawn), await run("generate", drawn)];
  assertEquals(out, again.out);
  assertStringIncludes(err, "mean depth 1.00 of 2");
  assertEquals(out === (await run("generate", args)).out, false);
  assertStringIncludes((await run("generate", [...args, "--top-p", "7"])).err, "topP is 7");
});

Deno.test("a model without tokenizer takes and returns ids", async () => {
  const bare = await decoderFolder(undefined, false);
  const common = ["--model", bare, "--max-new-tokens", "3", ...reference];
  const { code, out } = await run("generate", [...common, "--ids", "1 2 3"]);
  assertEquals(code, 0);
  assert(/^1 2 3( \d+){3}\n$/.test(out), out);
  assertStringIncludes(assertRefused(await run("generate", [...common, "--prompt", "a"])), "--ids");
  const outside = await run("generate", [...common, "--ids", "1 99"]);
  assertEquals(outside.code, 1);
  assertStringIncludes(outside.err, "id 99");
});

Deno.test("a prompt that fills all positions is refused with both numbers", async () => {
  const { code, err } = await run("generate", ["--model", model, "--prompt", "a".repeat(64), ...reference]);
  assertEquals(code, 1);
  assertStringIncludes(err, "the prompt has 64 tokens, and there are 64 positions");
});

Deno.test("a reader that closes the pipe early gets no error", async () => {
  const child = start("generate", ["--model", model, "--prompt", "a", ...reference]);
  await child.stdin.close();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const err = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 0, err);
  assert(!err.includes("Cannot") && !err.includes("    at "), err);
});

Deno.test("Ctrl-C ends the line and the process, with 130", async () => {
  const child = start("generate", ["--model", model, "--prompt", "a", ...reference]);
  await child.stdin.close();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let out = (await reader.read()).value ?? "";
  child.kill("SIGINT");
  for (let next = await reader.read(); !next.done; next = await reader.read()) out += next.value;
  const err = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 130, err);
  assert(out.endsWith("\n"), out);
});

const stories = goldenPath("stories260k");
const adapter = await navigator.gpu?.requestAdapter();

for (const device of ["reference", "webgpu"]) {
  Deno.test({
    name: `the story of Lily, on ${device}`,
    ignore: device === "webgpu" && !adapter,
    fn: async () => {
      const told = ["--model", stories, "--prompt", "Once upon a time", "--max-new-tokens", "30", "--device", device];
      const { code, out, err } = await run("generate", told);
      assertEquals(code, 0, err);
      const expected = "Once upon a time, there was a little girl named Lily. She loved to play outside in the park.";
      assertStringIncludes(out, expected);
    },
  });
}

Deno.test("generate: --truncate and --max-length shorten a prompt and say so; --stop-after keeps its text", async () => {
  const args = ["--model", await decoderFolder(), "--device", "reference", "--max-new-tokens", "9"];
  const long = ["--prompt", "a cat sat on a mat. ".repeat(5), "--max-length", "20"];
  assertStringIncludes(
    assertRefused(await run("generate", [...args, ...long, "--json"])),
    "has 100 tokens, 20 is the most",
  );
  const cut = await run("generate", [...args, ...long, "--truncate", "start", "--json"]);
  assertStringIncludes(cut.err, "The prompt lost 80 tokens at its start");
  const { tokens, text } = JSON.parse(cut.out);
  assertEquals([tokens[0].cutTokens, tokens.length], [80, 9]);
  const at = text.slice(2, 4);
  const kept = await run("generate", [...args, ...long, "--truncate", "start", "--json", "--stop-after", at]);
  assertEquals(JSON.parse(kept.out).text, text.slice(0, text.indexOf(at) + 2));
});
