/** An engine gives every request what full forward passes define, and the same bits as the request served alone. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Device } from "../../src/op/device.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { generate } from "../../src/infer/generate.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { type Asked, assertDefined } from "../support/definition.ts";
import { engineSamples, kinds, openEngine, requests, sampleOn, serve, sizes, tokensOf } from "../support/engine.ts";
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

Deno.test("engine: random requests to random models get the tokens of full forward passes", async () => {
  let tokens = 0;
  await fc.assert(
    fc.asyncProperty(situations, async ({ sample, options, asked, together }) => {
      const model = sampleOn(reference, sample);
      await using engine = await openEngine(model, options);
      const served = await serve(engine, asked, together);
      for (const [i, got] of served.entries()) {
        await assertDefined(model, asked[i], got);
        assertEquals(await serve(engine, [asked[i]]), [got]);
        tokens += got.tokens.length;
      }
      const { prompt, options: { maxNewTokens, ...rest } } = asked[0];
      assertEquals(await tokensOf(generate(model, prompt, { maxNewTokens, ...rest })), served[0].tokens);
    }),
    { numRuns: 25 },
  );
  assert(tokens > 0);
});

gpuTest("engine: on the GPU too, for every kind of model", async (device) => {
  for (const [k, json] of kinds.entries()) {
    const model = decoderOn(device, json, 3);
    const prompts = Array.from({ length: 7 }, (_, i) => someIds(i + 1, 1 + (i * 7) % 40));
    await using engine = await Engine.open(model, { slots: 4, maxBatch: 1 + k % 4, exitBatch: 1 + k % 2 });
    const asked = prompts.map((prompt, b) => ({ prompt, options: { maxNewTokens: 12, temperature: 1, seed: 5 + b } }));
    const served = await serve(engine, asked);
    for (const [b, got] of served.entries()) {
      if (b % 3 === 1) await assertDefined(model, asked[b], got); // a bound takes nine passes
      else assertEquals(await serve(engine, [asked[b]]), [got]);
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
  const one = requests(13, true, 1).map(([one]) => one);
  const [asked] = fc.sample(fc.array(one, { minLength: count, maxLength: count }), { seed: 4, numRuns: 1 });
  return asked.map((one) => ({ ...one, prompt: one.prompt.slice(0, 20) }));
}

async function thousand(device: Device, count: number, slots: number): Promise<void> {
  const asked = many(count), model = decoderOn(device, tiny, 9);
  await using engine = await openEngine(model, { slots, maxBatch: slots / 2, sequences: slots / 2 });
  const served = await serve(engine, asked);
  const step = device.kind === "reference" ? 1 : 9; // a bound takes nine passes
  for (let i = 0; i < count; i += step) await assertDefined(model, asked[i], served[i]);
  const { running, waiting, depths } = engine.status();
  assertEquals([running, waiting], [0, 0]);
  assert(depths.every((count) => count > 0), `tokens of depth 1, 2, …: ${depths}`);
}

Deno.test("engine: a thousand random requests", async () => await thousand(reference, 1000, 16));

gpuTest("engine: hundreds of random requests on the GPU", async (device) => {
  await thousand(device, 200, 16);
});
