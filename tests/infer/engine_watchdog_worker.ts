/** Random requests to an engine, in a worker: a loop that never waits ends with the worker, not with the test run. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Device } from "../../src/op/device.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import type { GenerateOptions } from "../../src/infer/generate_options.ts";
import { openWebGpu } from "../../kernels/mod.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { assertDefined } from "../support/definition.ts";
import { whole } from "../support/engine.ts";
import { smallDecoder, someIds, spreadWeights } from "../support/models.ts";

const POSITIONS = 48;

/** What ends a request early: nothing, `cancel`, its signal, or a reader that leaves; `after` so many turns or tokens. */
interface Asked {
  readonly prompt: readonly number[] | string;
  readonly options: GenerateOptions;
  readonly end: "no" | "cancel" | "abort" | "leave";
  readonly after: number;
}

const letters = "abcdefghijklmnopqrstuvwxyz .,".split("");
const tokenizer = {
  encode: (text: string) => [...text].map((letter) => letters.indexOf(letter)),
  decode: (ids: readonly number[]) => ids.map((id) => letters[id]).join(""),
};

const pick = fc.constantFrom;
/** One of the first values, or with a chance in percent one of the others. */
const mostly = <T>(good: readonly T[], bad: readonly T[], percent = 6) =>
  fc.nat({ max: 99 }).map((n) => n < percent ? bad[n % bad.length] : good[n % good.length]);
const options = (routed: boolean) =>
  fc.record<GenerateOptions>({
    maxNewTokens: mostly([0, 0, 1, 2, 5, 20, 47, 48, 1000, Infinity], [-1, 0.5, NaN]),
    temperature: mostly([0, 0.7, 1, 100], [-1]),
    seed: fc.integer(),
    topK: mostly([0, 1, 5], [2.5]),
    topP: mostly([1, 0.5], [0]),
    repetitionPenalty: mostly([1, 1, 1.3, 0.5], [0]),
    stop: fc.array(mostly([..."abcdehi"], [""]), { maxLength: 2 }),
    ...(routed ? { maxDepth: mostly([undefined, 1, 2, 9], [0]) } : {}),
  }, { requiredKeys: [] });
const asked = (routed: boolean) =>
  fc.record<Asked>({
    prompt: fc.tuple(mostly([1, 2, 3, 7, 13, 20, 46, 47], [0, 48, 49, 60, 200], 25), fc.nat(), fc.boolean()).map((
      [length, seed, text],
    ) => text ? tokenizer.decode(someIds(seed, length)) : someIds(seed, length)),
    options: options(routed),
    end: pick("no", "no", "cancel", "abort", "leave"),
    after: fc.nat({ max: 12 }),
  });

/** A request for each of the ends that there are, whatever the model draws. */
const every: Asked[] = [
  { prompt: [], options: {}, end: "no", after: 0 },
  { prompt: [1, 2], options: { maxNewTokens: 0 }, end: "no", after: 0 },
  { prompt: [1, 2], options: { stop: letters }, end: "no", after: 0 },
  { prompt: [1, 2], options: {}, end: "cancel", after: 0 },
  { prompt: [1, 2], options: {}, end: "abort", after: 0 },
];

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Runs a request to its end, and says how it ended. Throws unless it is one of the ends that there may be. */
async function run(engine: Engine, { prompt, options, end, after }: Asked): Promise<string> {
  const controller = new AbortController(), reason = new Error("aborted");
  let generation;
  try {
    generation = engine.submit(prompt, { ...options, signal: controller.signal });
  } catch (error) {
    assert(error instanceof RangeError && /^Cannot (generate|sample|encode)/.test(error.message), String(error));
    return "refused";
  }
  const room = POSITIONS - prompt.length, most = Math.min(options.maxNewTokens ?? Infinity, room);
  assert(most >= 0 && prompt.length > 0, `${prompt.length} tokens of prompt, ${options.maxNewTokens} new ones`);
  const reading = (async () => {
    let count = 0;
    for await (const _ of generation) if (end === "leave" && ++count > after) break;
  })();
  reading.catch(() => {});
  for (let i = 0; i < after; i++) await turn();
  if (end === "cancel") generation.cancel();
  if (end === "abort") controller.abort(reason);
  const error = await reading.then(() => undefined, (error) => error);
  assertEquals(error, end === "abort" && error ? reason : undefined);
  assert(generation.newTokens <= most, `${generation.newTokens} new tokens of ${most}`);
  assert(end !== "no" || generation.finish !== undefined);
  assert(generation.finish !== "length" || generation.newTokens === most);
  return error ? "aborted" : generation.finish ?? "left";
}

/** The kinds of ends that random requests to an engine of a model came to. Throws a counterexample, with its seed. */
async function watch(device: Device, json: Json, numRuns: number): Promise<Set<string>> {
  const ends = new Set<string>();
  const config = smallDecoder({ ...json, max_position_embeddings: POSITIONS, eos_token_id: 3 });
  const model = new DecoderModel(device, config, spreadWeights(decoderSchema(config), 3), tokenizer);
  await using engine = await Engine.open(model, { slots: 3, maxBatch: 2 });
  const known = { prompt: [1, 2, 5], options: { maxNewTokens: 6, temperature: 1, seed: 4 } };
  const lists = fc.array(asked(config.recursion.routing !== "none"), { minLength: 1, maxLength: 8 });
  const property = fc.asyncProperty(lists, async (list) => {
    for (const end of await Promise.all(list.map((one) => run(engine, one)))) ends.add(end);
    await assertDefined(model, known, await whole(engine.submit(known.prompt, known.options)));
    const { running, waiting } = engine.status();
    assertEquals([running, waiting], [0, 0]);
  });
  await fc.assert(property, { numRuns: numRuns + 1, examples: [[every]] });
  return ends;
}

const page = globalThis as unknown as Worker; // what a worker sees of its own

page.addEventListener("message", async ({ data: { kind, models, numRuns } }) => {
  let turns = 0;
  const timer = setInterval(() => turns++);
  try {
    await using device = kind === "webgpu" ? await openWebGpu() : new ReferenceDevice();
    const ends = new Set<string>();
    for (const json of models) for (const end of await watch(device, json, numRuns)) ends.add(end);
    page.postMessage({ ends: [...ends].sort(), turns });
  } catch (error) {
    page.postMessage({ error: String((error as Error).stack) });
  }
  clearInterval(timer);
});
