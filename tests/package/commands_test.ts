/** The commands of the package in Node. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runQuietly } from "../../cli/support/process.ts";
import { expected } from "./expected.ts";
import { COMMANDS, install, isFile, models, project } from "./support.ts";

const folder = await project();
const inFolder = (program: string, ...args: string[]) => runQuietly(program, args, { cwd: folder });

Deno.test("npx runs the commands of the package", async () => {
  const help = await inFolder("npx", "refrain", "--help");
  assertStringIncludes(help, "npx refrain COMMAND");
  const args = ["--model", `${models}/stories-mor`, "--device", "reference", "--prompt", "Once upon a time"];
  const story = await inFolder("npx", "refrain", "generate", ...args, "--max-new-tokens", `${expected.story.length}`);
  assertEquals(story, `Once upon a time${expected.story.map(({ text }) => text).join("")}\n`);
});

Deno.test("npx trains a model on a text, goes on with more steps, and draws the run", async () => {
  const model = {
    hidden_size: 16,
    intermediate_size: 24,
    num_attention_heads: 2,
    num_hidden_layers: 2,
    vocab_size: 270,
  };
  const data = { train: ["text.txt"], sequence_length: 16, batch: 2 };
  await Deno.writeTextFile(`${folder}/text.txt`, "A cat sat on a mat. The mat was red.\n".repeat(40));
  await Deno.writeTextFile(`${folder}/train.json`, JSON.stringify({ model, data, steps: 3, out: "run" }));
  const train = (...more: string[]) =>
    inFolder("npx", "refrain", "train", "train.json", "--device", "reference", ...more);
  await train();
  await train("--resume", "--steps", "5");
  const steps = (await Deno.readTextFile(`${folder}/run/log.jsonl`)).trim().split("\n")
    .map((line) => JSON.parse(line)).filter(({ kind }) => kind === "step").map(({ step }) => step);
  assertEquals(steps, [0, 1, 2, 3, 4]);
  await install(folder, "vega@6.4", "vega-lite@6.5");
  await inFolder("npx", "refrain", "compare", "run");
  assert(isFile(`${folder}/compare.svg`));
});

Deno.test("the command of the package serves completions, and ends on SIGTERM", async () => {
  const args = ["serve", `${models}/stories-mor`, "--device", "reference", "--port", "0"];
  const command = `${folder}/node_modules/.bin/refrain`;
  const child = new Deno.Command(command, { args, stdout: "null", stderr: "piped" }).spawn();
  let said = "", url: string | undefined;
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (url || !(url = /at (http:\S+) on/.exec(said)?.[1])) continue;
    const body = JSON.stringify({ model: "stories-mor", prompt: "Once upon a time", max_tokens: 4 });
    const headers = { "content-type": "application/json" };
    const { choices } = await (await fetch(`${url}/v1/completions`, { method: "POST", body, headers })).json();
    assertEquals(choices[0].text, expected.story.slice(0, 4).map(({ text }) => text).join(""));
    child.kill("SIGTERM");
  }
  assertEquals((await child.status).code, 0, said);
  assert(url, said);
});

Deno.test("every command explains itself in Node, by the words that start it", async () => {
  for (const name of COMMANDS) {
    const help = await inFolder(`${folder}/node_modules/.bin/refrain`, name, "--help");
    assertStringIncludes(help, `npx refrain ${name} `);
  }
});
