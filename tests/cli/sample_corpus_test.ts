/** `sample-corpus`: JSON lines that the seed decides, one file at the end or none. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertRefused, decoderFolder, names, run, start, temporary } from "./support.ts";

const model = await decoderFolder({ vocab_size: 30, num_hidden_layers: 2, bos_token_id: 1, eos_token_id: 2 });
const common = ["--model", model, "--device", "reference"];

async function written(...more: string[]) {
  const folder = temporary();
  const out = `${folder}/corpus.jsonl`;
  const ended = await run("sample_corpus", [...common, "--out", out, ...more]);
  return { ...ended, folder, lines: await Deno.readTextFile(out).then((text) => text.split("\n"), () => []) };
}

Deno.test("as many documents as asked for, the same for a seed and any batch", async () => {
  const { code, err, lines, folder } = await written("--documents", "7", "--seed", "3", "--temperature", "0.9");
  assertEquals(code, 0, err);
  assertEquals([lines.length, lines.pop(), names(folder)], [8, "", ["corpus.jsonl"]]);
  assert(lines.every((line) => Object.keys(JSON.parse(line)).join() === "text"));
  assert(/^7 documents, \d+ tokens in [\d.]+ s, \d+ tokens\/s$/m.test(err), err);
  const again = await written("--documents", "7", "--seed", "3", "--temperature", "0.9", "--batch", "2");
  assertEquals(again.lines.slice(0, 7), lines);
});

Deno.test("an invalid document is one line, and no file", async () => {
  for (
    const [flags, message] of [
      [["--documents", "0"], "--documents 0: expected a whole number of at least 1"],
      [["--documents", "1", "--top-p", "2"], "topP is 2, expected a number from 1.18e-38 to 1"],
      [["--documents", "1", "--temperature", "hot"], "--temperature hot: expected a number"],
      [["--documents", "1", "--max-tokens", "65"], "64 positions"],
    ] as const
  ) {
    const ended = await written(...flags);
    assertStringIncludes(assertRefused(ended), message);
    assertEquals(names(ended.folder), []);
  }
});

Deno.test("Ctrl-C keeps the documents that are complete, and ends with 130", async () => {
  const out = `${temporary()}/corpus.jsonl`;
  const child = start("sample_corpus", [...common, "--out", out, "--documents", "1000000", "--batch", "4"]);
  await child.stdin.close();
  const err = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  for (let next = await err.read(); !next.done; next = await err.read()) {
    said += next.value;
    if (said.includes("Sampling")) break;
  }
  child.kill("SIGINT");
  await err.cancel();
  await child.stdout.cancel();
  assertEquals((await child.status).code, 130, said);
  const lines = (await Deno.readTextFile(out)).trimEnd().split("\n");
  assert(lines.length > 4 && lines.every((line) => typeof JSON.parse(line).text === "string"));
});
