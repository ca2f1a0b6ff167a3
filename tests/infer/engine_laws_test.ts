/** A request's tokens are bit-identical whatever the other requests, the engine's sizes and the slot's earlier requests. */
import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import type { EngineOptions } from "../../src/infer/engine/api.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { Asked } from "../support/definition.ts";
import {
  engineSamples,
  type Got,
  kinds,
  openEngine,
  requests,
  sampleOn,
  serve,
  sizes,
  whole,
} from "../support/engine.ts";
import { gpuTest } from "../support/gpu.ts";
import { decoderOn, someIds } from "../support/models.ts";

const reference = new ReferenceDevice();
type Sizes = EngineOptions & { sequences?: number };

/** A model, one request, and two sets of other requests. */
const situations = engineSamples.chain((sample) => {
  const { routing } = (sample.json.recursion ?? {}) as { routing?: string };
  const batch = (count: number) => requests(Number(sample.json.vocab_size), routing !== undefined, count);
  const batches = fc.record({ batch: batch(6), place: fc.nat(6), options: sizes });
  const depthCapacity = fc.constantFrom("all" as const, routing === "expert" ? "capacity" as const : "all" as const);
  return fc.record({ sample: fc.constant(sample), asked: batch(1), some: batches, others: batches, depthCapacity });
});

/** Tokens of a request that one engine serves together with others. */
async function among(
  model: DecoderModel,
  asked: Asked,
  batch: readonly Asked[],
  place: number,
  options: Sizes,
): Promise<Got> {
  await using engine = await openEngine(model, options);
  const all = batch.toSpliced(place, 0, asked);
  return (await serve(engine, all))[Math.min(place, batch.length)];
}

Deno.test("engine: tokens are bit-identical for other concurrent requests and other engine sizes", async () => {
  await fc.assert(
    fc.asyncProperty(situations, async ({ sample, asked: [asked], some, others, depthCapacity }) => {
      const model = sampleOn(reference, sample);
      const [first, second] = await Promise.all(
        [some, others].map(({ batch, place, options }) =>
          among(model, asked, batch, place, { ...options, depthCapacity })
        ),
      );
      assertEquals(first, second);
    }),
    { numRuns: 20 },
  );
});

gpuTest("engine: tokens are bit-identical for other concurrent requests on the GPU", async (device) => {
  for (const [k, json] of [...kinds.entries()].slice(2, 5)) {
    const model = decoderOn(device, json, 4);
    const options = { maxNewTokens: 15, temperature: 1, seed: 3 };
    const asked = { prompt: someIds(1, 17), options };
    const batch = (seed: number): Asked[] =>
      Array.from({ length: 5 }, (_, i) => ({
        prompt: someIds(seed + i, 1 + (i * seed) % 40),
        options: {
          ...{ maxNewTokens: 3 + (i * seed) % 20, temperature: i % 3, seed: seed + i, maxDepth: 1 + i % 3 },
          repetitionPenalty: (i + seed) % 4 ? 1 : 1.5,
        },
      }));
    const depthCapacity = k === 2 ? "capacity" as const : "all" as const;
    await using engine = await openEngine(model, { slots: 4, maxBatch: 3, exitBatch: 2, sequences: 3, depthCapacity });
    const [alone] = await serve(engine, [asked]);
    for (const seed of [7, 11]) {
      assertEquals((await serve(engine, batch(seed).toSpliced(seed % 6, 0, asked)))[seed % 6], alone);
    }
    const other = await serve(engine, [{ ...asked, prompt: asked.prompt.with(0, asked.prompt[0] + 1 % 29) }]);
    assertNotEquals(other, [alone]);
    model.dispose();
  }
});

Deno.test("engine: tokens exit before a recursion whose cache is full", async () => {
  const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert" };
  const model = decoderOn(reference, { recursion }, 2, (params) => ({
    ...params,
    routers: params.routers.map(({ out }) => ({ out: { ...out, data: out.data.map(() => 0) } })), // all tokens continue
  }));
  const options = { maxNewTokens: 40 };
  const depths: number[] = [];
  for (const depthCapacity of ["all", "capacity"] as const) {
    await using engine = await openEngine(model, { slots: 2, depthCapacity });
    const { tokens } = await whole(engine.submit(someIds(3, 20), options));
    depths.push(tokens.filter(([, depth]) => depth === 3).length);
    assertEquals(tokens.length, 40);
  }
  // 59 rows are 3 pages of 24, of which the third recursion has 8 each: 19 rows of the prompt, and 5 more.
  assertEquals(depths, [40, 5]);
});
