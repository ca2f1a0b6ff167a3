/** An engine gives every request what it would get alone: tokens, depths, and every bit of its log-probabilities and scores. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Device } from "../../src/op/device.ts";
import { generateIds } from "../../src/infer/generate.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import {
  alone,
  type Asked,
  assertNear,
  engineSamples,
  kinds,
  openEngine,
  requests,
  sampleOn,
  serve,
  sizes,
} from "../support/engine.ts";
import { gpuTest } from "../support/gpu.ts";
import { decoderOn, someIds } from "../support/models.ts";

const reference = new ReferenceDevice();

/** Models with requests of which some come together, the others one by one. */
const situations = engineSamples.chain((sample) => {
  const routed = (sample.json.recursion as { routing?: string } | undefined)?.routing !== undefined;
  return fc.record({
    sample: fc.constant(sample),
    options: sizes,
    asked: requests(Number(sample.json.vocab_size), routed, 6),
    together: fc.integer({ min: 1, max: 6 }),
  });
});

Deno.test("engine: random requests to random models get what they get alone", async () => {
  let tokens = 0;
  await fc.assert(
    fc.asyncProperty(situations, async ({ sample, options, asked, together }) => {
      const model = sampleOn(reference, sample);
      await using engine = await openEngine(model, options);
      const served = await serve(engine, asked, together);
      for (const [i, { tokens: got, finish }] of served.entries()) {
        const want = await alone(model, asked[i]);
        assertEquals(got, want);
        assertEquals(finish, want.length === asked[i].options.maxNewTokens ? "length" : finish);
        assertEquals(await serve(engine, [asked[i]]), [served[i]]);
        tokens += got.length;
      }
    }),
    { numRuns: 25 },
  );
  assert(tokens > 0);
});

gpuTest("engine: on the GPU too, for every kind of model", async (device) => {
  for (const [k, json] of kinds.entries()) {
    const model = decoderOn(device, json, 3);
    const prompts = Array.from({ length: 7 }, (_, i) => someIds(i + 1, 1 + (i * 7) % 40));
    const options = { maxNewTokens: 12, temperature: 1, seed: 5 };
    const steps = await Array.fromAsync(generateIds(model, prompts, options));
    await using engine = await Engine.open(model, { slots: 4, width: 1 + k % 4, patience: 1 + k % 2 });
    const asked = prompts.map((prompt, b) => ({ prompt, options: { ...options, seed: 5 + b } }));
    const served = await serve(engine, asked);
    for (const [b, { tokens }] of served.entries()) {
      const want = steps.map(({ ids, depth, logProbs, scores }) => [ids[b], depth[b], logProbs[b], scores[b]] as const);
      assertNear(tokens, want);
      if (b % 3 === 0) assertEquals(await serve(engine, [asked[b]]), [served[b]]);
    }
    model.dispose();
  }
});

/** As small as a routed model can be. */
const tiny = {
  ...{ hidden_size: 8, intermediate_size: 8, vocab_size: 13, num_attention_heads: 2, num_key_value_heads: 1 },
  ...{ num_hidden_layers: 3, max_position_embeddings: 32, eos_token_id: 0 },
  recursion: { sharing: "cycle", num_recursions: 3, routing: "expert", alpha: 1 },
};

/** Any number of random requests to it. */
function many(count: number): Asked[] {
  const [asked] = fc.sample(
    fc.array(requests(13, true, 1).map(([one]) => one), { minLength: count, maxLength: count }),
    {
      seed: 4,
      numRuns: 1,
    },
  );
  return asked.map((one) => ({ ...one, prompt: one.prompt.slice(0, 20) }));
}

async function thousand(device: Device, count: number, slots: number): Promise<void> {
  const asked = many(count);
  await using engine = await openEngine(decoderOn(device, tiny, 9), { slots, width: slots / 2, sequences: slots / 2 });
  const served = await serve(engine, asked);
  const wants = decoderOn(reference, tiny, 9);
  for (const [i, { tokens }] of served.entries()) {
    assertNear(tokens, await alone(wants, asked[i]));
  }
  const { running, waiting, depths } = engine.status();
  assertEquals([running, waiting], [0, 0]);
  assert(depths.every((count) => count > 0), `tokens of depth 1, 2, …: ${depths}`);
}

Deno.test("engine: a thousand random requests", async () => await thousand(reference, 1000, 16));

gpuTest("engine: hundreds of random requests on the GPU", async (device) => {
  await thousand(device, 200, 16);
});
