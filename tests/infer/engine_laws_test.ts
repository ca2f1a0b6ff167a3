/** Whom an engine serves beside, how wide it is, and who sat there before: nothing of it changes a bit. */
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

/** Models with one request and two crowds that it may come with. */
const situations = engineSamples.chain((sample) => {
  const { routing } = (sample.json.recursion ?? {}) as { routing?: string };
  const crowd = (count: number) => requests(Number(sample.json.vocab_size), routing !== undefined, count);
  const crowds = fc.record({ crowd: crowd(6), place: fc.nat(6), options: sizes });
  const depthCapacity = fc.constantFrom("all" as const, routing === "expert" ? "capacity" as const : "all" as const);
  return fc.record({ sample: fc.constant(sample), asked: crowd(1), some: crowds, others: crowds, depthCapacity });
});

/** What a request gets among others, in an engine of its own. */
async function among(
  model: DecoderModel,
  asked: Asked,
  crowd: readonly Asked[],
  place: number,
  options: Sizes,
): Promise<Got> {
  await using engine = await openEngine(model, options);
  const all = crowd.toSpliced(place, 0, asked);
  return (await serve(engine, all))[Math.min(place, crowd.length)];
}

Deno.test("engine: other requests, and the size of the engine, do not change a bit", async () => {
  await fc.assert(
    fc.asyncProperty(situations, async ({ sample, asked: [asked], some, others, depthCapacity }) => {
      const model = sampleOn(reference, sample);
      const [first, second] = await Promise.all(
        [some, others].map(({ crowd, place, options }) =>
          among(model, asked, crowd, place, { ...options, depthCapacity })
        ),
      );
      assertEquals(first, second);
    }),
    { numRuns: 20 },
  );
});

gpuTest("engine: other requests do not change a bit on the GPU", async (device) => {
  for (const [k, json] of [...kinds.entries()].slice(2, 5)) {
    const model = decoderOn(device, json, 4);
    const options = { maxNewTokens: 15, temperature: 1, seed: 3 };
    const asked = { prompt: someIds(1, 17), options };
    const crowd = (seed: number): Asked[] =>
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
      assertEquals((await serve(engine, crowd(seed).toSpliced(seed % 6, 0, asked)))[seed % 6], alone);
    }
    const other = await serve(engine, [{ ...asked, prompt: asked.prompt.with(0, asked.prompt[0] + 1 % 29) }]);
    assertNotEquals(other, [alone]);
    model.dispose();
  }
});

Deno.test("engine: recursions with less room than rows send tokens out as soon as they are full", async () => {
  const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert" };
  const model = decoderOn(reference, { recursion }, 2, (params) => ({
    ...params,
    routers: params.routers.map(({ out }) => ({ out: { ...out, data: out.data.map(() => 0) } })), // all go on
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
