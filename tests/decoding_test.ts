/** Batches decoded with caches: golden greedy tokens, and documents that depend on nothing but their seed. */
import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { openGolden } from "../cli/conformance/golden.ts";
import { sampleDocuments } from "../src/infer/corpus.ts";
import type { Device } from "../src/op/device.ts";
import { DecoderModel, type DecoderResult } from "../src/infer/decoder.ts";
import { Decoding } from "../src/infer/decoding.ts";
import { generateIds } from "../src/infer/generate.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { goldenPath } from "./support/golden.ts";
import { gpuTest } from "./support/gpu.ts";
import { decoderOn, someIds } from "./support/models.ts";

const greedy = { temperature: 0 };

/** Tokens that follow prompts, read a few at a time; each list ends with the token that ended its sequence. */
async function continued(model: DecoderModel, prompts: number[][], limit: number): Promise<number[][]> {
  const decoding = new Decoding(model, { seeds: prompts.map(() => 0), limit, kept: 5, sampling: greedy });
  const texts: number[][] = prompts.map(() => []);
  decoding.prefill(prompts);
  const steps = limit - Math.min(...prompts.map(({ length }) => length));
  for (let done = 0, kept = 4; done < steps; done += kept, kept = 5) {
    for (let i = 0; i < kept; i++) decoding.step();
    for (const { ids: drawn } of await decoding.read()) {
      texts.forEach((text, b) => drawn[b] >= 0 && text.push(drawn[b]));
    }
  }
  decoding.dispose();
  return texts;
}

for (const name of ["llama-plain", "recursive-cycle-share", "recursive-middle-cycle", "stories260k"]) {
  const check = async (device: Device) => {
    const { model: { kind, config, params }, task } = await openGolden(goldenPath(name));
    if (kind !== "decoder") throw new Error(`${name} is no decoder`);
    const { prompt, ids } = task.continuation!;
    const model = new DecoderModel(device, config, params);
    const texts = await continued(model, ids.map((list) => [...list].slice(0, prompt)), ids[0].length);
    assertEquals(texts, ids.map((list) => [...list].slice(prompt)));
    model.dispose();
  };
  Deno.test(`golden ${name}, decoded with caches: the reference`, () => check(new ReferenceDevice() as never));
  gpuTest(`golden ${name}, decoded with caches: the kernels`, (device) => check(device as never));
}

const device = new ReferenceDevice("f64");

/** A token with the depth and the score of the row that chose it. */
interface Made {
  readonly id: number;
  readonly depth: number;
  readonly score: number;
}

/** What the router gave the last row of a pass: the logit of its last recursion, or the weight of its depth. */
function scoreOf({ depth, recursions, depthLogits }: DecoderResult): number {
  const m = depth.length - 1, r = depth[m] - 1;
  if (!depthLogits) return recursions[r]?.scores?.[m] ?? 0;
  const odds = Array.from(depthLogits.data.subarray(-depthLogits.shape[1]), Math.exp);
  return odds[r] / odds.reduce((sum, value) => sum + value, 0);
}

/** The likeliest tokens one after the other, each by a forward pass over all before it. */
async function alone(model: DecoderModel, prompt: number[], limit: number): Promise<Made[]> {
  const made: Made[] = [];
  while (prompt.length + made.length < limit && !model.config.eos.includes(made.at(-1)?.id ?? -1)) {
    const result = await model.forward([[...prompt, ...made.map(({ id }) => id)]], { logits: true });
    const last = result.logits!.data.subarray(-model.config.V);
    made.push({ id: last.indexOf(Math.max(...last)), depth: result.depth.at(-1)!, score: scoreOf(result) });
  }
  return made;
}

Deno.test("generateIds: every way of routing continues as full forward passes do, with the same depths and scores, end by end", async () => {
  const middle = { sharing: "middle_cycle", num_recursions: 3 };
  const prompts = [5, 1, 9].map((length, b) => someIds(b + 3, length));
  const depths = new Set<number>();
  for (const routing of ["expert", "token", "none"]) {
    for (const kv of ["recursion", "share"]) {
      const model = decoderOn(device, { eos_token_id: [3, 4], recursion: { ...middle, routing, kv, alpha: 1 } });
      const made: Made[][] = prompts.map(() => []);
      for await (const { ids, depth, scores } of generateIds(model, prompts, { maxNewTokens: 12 })) {
        ids.forEach((id, b) => id >= 0 && made[b].push({ id, depth: depth[b], score: scores[b] }));
        ids.forEach((id, b) => id < 0 && assertEquals([depth[b], scores[b]], [0, 0]));
      }
      for (const [b, prompt] of prompts.entries()) {
        const want = await alone(model, prompt, prompt.length + 12);
        const without = ({ id, depth }: Made) => ({ id, depth });
        assertEquals(made[b].map(without), want.map(without));
        made[b].forEach(({ score }, i) => assertAlmostEquals(score, want[i].score, 1e-12));
        made[b].forEach(({ depth }) => depths.add(depth));
      }
    }
  }
  assertEquals([...depths].sort(), [1, 2, 3]);
});

Deno.test("decoding: prompts of different lengths continue as they do one by one, up to end tokens and the limit", async () => {
  const model = decoderOn(device, {
    eos_token_id: [3, 4],
    recursion: { sharing: "cycle", num_recursions: 2, kv: "share" },
  });
  const prompts = [1, 7, 3, 12].map((length, b) => someIds(b, length));
  const texts = await continued(model, prompts, 16);
  for (const [b, prompt] of prompts.entries()) {
    assertEquals(texts[b], (await alone(model, prompt, 16)).map(({ id }) => id));
  }
});

async function documents(batch: number, change = {}): Promise<number[][]> {
  const model = decoderOn(device, { bos_token_id: 1, eos_token_id: 2 });
  const options = { documents: 9, batch, maxTokens: 12, seed: 5, sampling: { topP: 0.9 }, ...change };
  return await Array.fromAsync(sampleDocuments(model, options));
}

Deno.test("corpus: a document depends on the seed and its number, not on the batch; it is as long as allowed", async () => {
  const all = await documents(9);
  assertEquals(await documents(4), all);
  assertEquals(await documents(1), all);
  assertEquals(await documents(4, { documents: 3 }), all.slice(0, 3));
  assertEquals((await documents(4, { seed: 6 })).some((ids, i) => ids.join() === all[i].join()), false);
  assertEquals(all.every((ids) => ids.length <= 11 && !ids.includes(1) && !ids.includes(2)), true);
  assertEquals(new Set(all.map(({ length }) => length)).size > 2, true);
});

Deno.test("corpus: an aborted one is given as far as its documents are complete", async () => {
  const controller = new AbortController();
  const all = await documents(4, { documents: 40 });
  const onProgress = () => controller.abort();
  const some = await documents(4, { documents: 40, signal: controller.signal, onProgress });
  assertEquals(some.length > 4 && some.length < 40, true);
  assertEquals(some.every((ids) => all.some((other) => other.join() === ids.join())), true);
});

Deno.test("corpus: a model without a first token is refused", async () => {
  const model = decoderOn(device);
  const options = { documents: 1, batch: 1, maxTokens: 4, seed: 1 };
  await assertRejects(() => sampleDocuments(model, options).next(), Error, "names no bos_token_id");
});
