/**
 * Requests to an engine, and what comes of them.
 *
 * @module
 */
import fc from "fast-check";
import type { Device } from "../../src/op/device.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import type { EngineOptions, Finish, Generation } from "../../src/infer/engine/api.ts";
import type { Piece } from "../../src/infer/generate_options.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import type { Asked, Token } from "./definition.ts";
import { someIds } from "./models.ts";
import { build, decoderSamples, type Sample } from "./random_models.ts";

/** All that came of a request. */
export interface Got {
  /** Its tokens. */
  readonly tokens: readonly Token[];
  /** Why it ended. */
  readonly finish: Finish | undefined;
}

const from = (min: number, max: number) => fc.integer({ min, max });
const pick = fc.constantFrom;

/** Every kind of model: keys and values of their own or shared, nothing routed, expert-choice, token-choice. */
export const kinds: readonly Json[] = [
  {},
  { recursion: { sharing: "middle_sequence", num_recursions: 2, kv: "share" } },
  { recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1 } },
  { recursion: { sharing: "cycle", num_recursions: 4, routing: "expert", alpha: 1, kv: "share", router: "mlp" } },
  { recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "token" } },
  { recursion: { sharing: "cycle", num_recursions: 2, routing: "token", kv: "share" } },
];

/** Random models that an engine takes, of 48 positions, of which some tokens end a sequence. */
export const engineSamples: fc.Arbitrary<Sample> = decoderSamples
  .filter(({ json }) => (json.recursion as { kv?: string } | undefined)?.kv !== "hybrid")
  .map((sample) => ({ ...sample, json: { ...sample.json, max_position_embeddings: 48, eos_token_id: [0, 3] } }));

/** The decoder of a sample, on a device. */
export function sampleOn(device: Device, sample: Sample): DecoderModel {
  const { model } = build(sample);
  return new DecoderModel(device, model.config as never, model.params as never);
}

/** Requests to a model of V tokens; requests to models without routing have no maxDepth. */
export function requests(V: number, routed: boolean, count: number): fc.Arbitrary<Asked[]> {
  const options = fc.record({
    maxNewTokens: from(0, 20),
    temperature: pick(0, 0, 0.7, 1, 4),
    seed: fc.integer(),
    topK: pick(0, 0, 1, 5),
    topP: pick(1, 1, 0.9, 0.4),
    minP: pick(0, 0, 0.05),
    repetitionPenalty: pick(1, 1, 1.3, 0.7),
    ...(routed ? { maxDepth: pick(undefined, 1, 2, 9) } : {}),
  }, { requiredKeys: ["maxNewTokens"] });
  const one = fc.record({ seed: fc.nat(), length: pick(1, 2, 3, 5, 8, 13, 21, 40), options })
    .map(({ seed, length, options }) => ({ prompt: someIds(seed, length, V), options }));
  return fc.array(one, { minLength: 1, maxLength: count });
}

/** Slots, maxBatch and exitBatch that go together, and memory by the number of whole sequences. */
export const sizes = from(1, 6).chain((slots) =>
  from(1, slots).chain((maxBatch) =>
    fc.record({
      slots: fc.constant(slots),
      maxBatch: fc.constant(maxBatch),
      exitBatch: from(1, maxBatch),
      sequences: from(1, slots),
    })
  )
);

/** An engine; `sequences` of all positions fit into its memory. */
export async function openEngine(
  model: DecoderModel,
  { sequences, ...options }: EngineOptions & { sequences?: number },
): Promise<Engine> {
  await using one = await Engine.open(model, { slots: 1 });
  return await Engine.open(model, {
    ...options,
    ...(sequences && { cacheBytes: sequences * one.status().cacheBytes }),
  });
}

/** The tokens of some pieces. */
export async function tokensOf(pieces: AsyncIterable<Piece>): Promise<Token[]> {
  return (await Array.fromAsync(pieces)).map(({ id, depth, logProb, score }) => [id, depth, logProb, score]);
}

/** Reads a request to its end. */
export async function whole(generation: Generation): Promise<Got> {
  return { tokens: await tokensOf(generation), finish: generation.finish };
}

/** Serves requests: the first ones together, and one more whenever one is done. */
export async function serve(engine: Engine, asked: readonly Asked[], together = asked.length): Promise<Got[]> {
  const left = [...asked.entries()], got: Got[] = [];
  const next = async () => {
    for (let one = left.shift(); one; one = left.shift()) {
      const [i, { prompt, options }] = one;
      got[i] = await whole(engine.submit(prompt, options));
    }
  };
  await Promise.all(Array.from({ length: together }, next));
  return got;
}
