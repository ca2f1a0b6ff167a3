/** The models that the project ships: what they are, what they may weigh, and that they do what their cards say. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Decoder, Encoder } from "../mod.ts";
import { parseLog } from "../src/train/run/log_lines.ts";
import { readConfigFile } from "../cli/train/config_file.ts";

const at = (path: string) => new URL(`../models/${path}`, import.meta.url).pathname;
const MOST_BYTES = 6e6;

/** The last held-out numbers of a run. */
async function heldOut(model: string) {
  const lines = parseLog(await Deno.readTextFile(at(`${model}/log.jsonl`)), "log.jsonl");
  const evaluations = lines.flatMap((line) => line.kind === "evaluation" ? [line.heldOut] : []);
  return evaluations[evaluations.length - 1];
}

for (const model of ["stories-mor", "stories-modernalbert"]) {
  Deno.test(`${model}: small, with card, configuration, tokenizer, log and picture; the card quotes the log`, async () => {
    assert((await Deno.stat(at(`${model}/model.safetensors`))).size <= MOST_BYTES);
    for (const file of ["tokenizer.json", "tokenizer_config.json", "train.json", "training.svg", "config.json"]) {
      assert((await Deno.stat(at(`${model}/${file}`))).size > 0, file);
    }
    const card = await Deno.readTextFile(at(`${model}/README.md`));
    for (const result of Object.values(await heldOut(model))) assertStringIncludes(card, result!.nats.toFixed(3));
  });
}

Deno.test("shipped models: train.json is read, and names no path that a clone lacks", async () => {
  const git = async (...args: string[]) => {
    const { stdout } = await new Deno.Command("git", { args, cwd: at("..") }).output();
    return new TextDecoder().decode(stdout).split("\0");
  };
  const files = await git("ls-files", "-z");
  for (const model of ["stories-mor", "stories-modernalbert", "stories-modernalbert/teacher"]) {
    const { config: { data, start, teacher } } = await readConfigFile(at(`${model}/train.json`));
    const sources = [...data.train, ...("sources" in data.held_out ? data.held_out.sources : [])];
    const named = [...sources, start, teacher].flatMap((part) => part ? [part.from] : []);
    if ("path" in data.tokenizer) named.push(data.tokenizer.path);
    assert(named.length > 0);
    for (const path of named) {
      const inside = new URL(path, "file:///").pathname.slice(at("..").length);
      assert(files.some((file) => file === inside || file.startsWith(`${inside}/`)), `${model}: ${inside}`);
    }
  }
});

Deno.test("stories-mor: a Middle-Cycle MoR with experts in its block; the threshold agrees with top-k on held-out text", async () => {
  await using decoder = await Decoder.load(at("stories-mor"), { device: "reference" });
  const { recursion, mol, numHiddenLayers: L } = decoder.config;
  const { sharing, numRecursions: N, routing } = recursion!;
  assertEquals([sharing, N, routing], ["middle_cycle", 3, "expert"]);
  assert(mol!.layers.every((layer) => layer > 0 && layer <= (L - 2) / N));
  assert((await heldOut("stories-mor")).topk!.routing!.agreement! >= 0.95);
});

Deno.test("stories-mor: writes words of stories under causal routing, at several depths", async () => {
  await using decoder = await Decoder.load(at("stories-mor"), { device: "reference" });
  let text = "";
  const depths = new Set<number>();
  for await (const piece of decoder.generate("Once upon a time", { maxNewTokens: 40 })) {
    text += piece.text;
    depths.add(piece.depth);
  }
  assert(/^[\s\w,.'"!?-]+$/.test(text), text);
  assert(/there was a (little|big|small)/.test(text), text);
  assert(depths.size > 1);
});

Deno.test("stories-modernalbert: a recursive encoder with experts; it knows how stories begin", async () => {
  await using encoder = await Encoder.load(at("stories-modernalbert"), { device: "reference" });
  const { groupDepth, numExperts } = encoder.config;
  assert(groupDepth! > 1 && numExperts! > 1);
  const [[best]] = await encoder.fill("Once upon a [MASK], there was a little girl named Lily.");
  assertEquals(best.text.trim(), "time");
});
