// Up-training: layer numbers by hand, and what must hold of the weights.
import fc from "fast-check";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { HostTensor } from "../../src/op/device.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import { sizeOf } from "../../src/op/op.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { upTrain, type UpTraining, upTrainingLayers } from "../../src/train/start/up_train.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { smallDecoder, someIds, spreadWeights } from "../support/models.ts";

const device = new ReferenceDevice("f64");
const methods: UpTraining[] = ["stepwise", "average", "lower", "upper", "random"];
const sharings = ["cycle", "sequence", "middle_cycle", "middle_sequence"] as const;

const shared = (L: number, sharing: string, N: number, recursion = {}) =>
  smallDecoder({ num_hidden_layers: L, recursion: { sharing, num_recursions: N, ...recursion } });
const from = (L: number, target: ReturnType<typeof shared>, method: UpTraining, seed?: number) =>
  upTrainingLayers(L, target, method, seed).map((layers) => layers.length === 1 ? layers[0] : layers);

/** A decoder of L layers that shares none, with weights; `equal` gives every layer those of the first. */
function plain(L: number, seed = 1, equal = false, json = {}) {
  const config = smallDecoder({ num_hidden_layers: L, ...json });
  const params = spreadWeights<DecoderParams<HostTensor>>(decoderSchema(config), seed);
  return { config, params: equal ? { ...params, layers: params.layers.map(() => params.layers[0]) } : params };
}

Deno.test("up-training: stepwise layers are evenly spaced, halves go to the even one", () => {
  assertEquals(from(30, shared(32, "middle_cycle", 3), "stepwise"), [0, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 29]);
  assertEquals(from(30, shared(30, "cycle", 3), "stepwise"), [0, 3, 6, 10, 13, 16, 19, 23, 26, 29]);
  assertEquals(from(5, shared(11, "middle_cycle", 3), "stepwise"), [0, 1, 2, 3, 4]);
  assertEquals(from(8, shared(9, "sequence", 3), "stepwise"), [0, 4, 7]); // 3.5
  assertEquals(from(6, shared(9, "cycle", 3), "stepwise"), [0, 2, 5]); // 2.5
  assertEquals(from(6, shared(11, "middle_sequence", 3), "stepwise"), [0, 1, 2, 4, 5]); // 1, 2.5, 4
  assertEquals(from(9, shared(5, "middle_cycle", 3), "stepwise"), [0, 1, 8]);
});

Deno.test("up-training: lower and upper take neighbours, random any", () => {
  assertEquals(from(30, shared(32, "middle_cycle", 3), "lower"), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 29]);
  assertEquals(from(30, shared(32, "middle_cycle", 3), "upper"), [0, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
  assertEquals([from(8, shared(6, "cycle", 3), "lower"), from(8, shared(6, "sequence", 3), "upper")], [[0, 1], [6, 7]]);
  const drawn = Array.from({ length: 30 }, (_, seed) => from(9, shared(11, "middle_cycle", 3), "random", seed));
  for (const layers of drawn as number[][]) {
    assertEquals([layers.length, layers[0], layers[4]], [5, 0, 8]);
    for (let u = 1; u < 5; u++) assert(layers[u] > layers[u - 1], `${layers}`);
  }
  assertEquals(new Set(drawn.flat()).size, 9);
  assertEquals(from(9, shared(11, "middle_cycle", 3), "random", 4), drawn[4]);
});

Deno.test("up-training: average takes the layers that share", () => {
  assertEquals(from(6, shared(6, "cycle", 3), "average"), [[0, 2, 4], [1, 3, 5]]);
  assertEquals(from(6, shared(6, "sequence", 3), "average"), [[0, 1, 2], [3, 4, 5]]);
  assertEquals(from(8, shared(8, "middle_cycle", 3), "average"), [0, [1, 3, 5], [2, 4, 6], 7]);
  assertEquals(from(8, shared(8, "middle_sequence", 3), "average"), [0, [1, 2, 3], [4, 5, 6], 7]);
  assertEquals(from(6, shared(8, "middle_cycle", 3), "average"), [0, [1, 3], [2, 4], 5]); // as two recursions
  assertEquals(from(5, shared(11, "middle_cycle", 3), "average"), [0, 1, 2, 3, 4]); // as one
});

Deno.test("up-training: a source whose layers are all equal gives a recursive model with the same function", async () => {
  const law = fc.record({
    seed: fc.nat(1e6),
    sharing: fc.constantFrom(...sharings),
    method: fc.constantFrom(...methods),
    N: fc.integer({ min: 2, max: 3 }),
    times: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(law, async ({ seed, sharing, method, N, times }) => {
      const outer = sharing.startsWith("middle") ? 2 : 0;
      const target = shared(2 * N + outer, sharing, N);
      const source = plain(2 * times + outer, seed, true);
      const { params } = upTrain(source, target, { method, seed });
      const layers = Array.from({ length: target.L }, () => source.params.layers[0]);
      const deep = smallDecoder({ num_hidden_layers: target.L });
      const ids = [someIds(seed, 6), someIds(seed + 1, 2)];
      const run = async (model: DecoderModel) => (await model.forward(ids)).hidden.data;
      assertEquals(
        await run(new DecoderModel(device, target, params)),
        await run(new DecoderModel(device, deep, { ...source.params, layers })),
      );
    }),
    { numRuns: 20 },
  );
});

Deno.test("up-training: averages are means of every number; everything else is copied, routers are fresh", () => {
  const source = plain(8);
  const target = shared(8, "middle_cycle", 3, { routing: "expert", router: "mlp" });
  const { params, copied, fresh, leftOver, layers } = upTrain(source, target, { method: "average", seed: 3 });
  const [a, b, c] = [1, 3, 5].map((l) => source.params.layers[l].qkv.data);
  assertEquals(params.layers[1].qkv.data, Float32Array.from(a, (x, i) => (x + b[i] + c[i]) / 3));
  assertEquals([params.layers[0], params.layers[3]], [source.params.layers[0], source.params.layers[7]]);
  assertEquals([params.embedding, params.norm], [source.params.embedding, source.params.norm]);
  assertEquals(fresh, [0, 1, 2].flatMap((r) => [0, 2].map((i) => `model.recursion.routers.${r}.${i}.weight`)));
  assertEquals([copied.length, leftOver, layers[1]], [2 + 4 * 9, [], [1, 3, 5]]);
  assertEquals(params.routers.map(({ out }) => sizeOf(out.shape)), [32, 32, 32]);
  assertNotEquals(params.routers[0].out.data, params.routers[1].out.data);
});

Deno.test("up-training: unused weights are listed, and an untied head takes the embedding of a tied one", () => {
  const { params, leftOver } = upTrain(
    plain(8),
    smallDecoder({
      num_hidden_layers: 6,
      tie_word_embeddings: false,
      recursion: { sharing: "cycle", num_recursions: 3 },
    }),
    { method: "lower" },
  );
  assertEquals(params.head, params.embedding);
  assertEquals([leftOver.length, leftOver[0]], [6 * 9, "model.layers.2.input_layernorm.weight"]);
});

Deno.test("up-training: refusals name the reason", () => {
  const target = shared(11, "middle_cycle", 3);
  const fails = (run: () => unknown, reason: string) => assertThrows(run, RangeError, `Cannot up-train: ${reason}`);
  fails(
    () => upTrain(plain(4), target),
    "a block of 3 layers and the first and last needs a source of at least 5 layers, it has 4",
  );
  fails(() => from(8, shared(9, "cycle", 1), "lower"), "a block of 9 layers needs a source of at least 9 layers");
  fails(
    () => from(9, target, "average"),
    "9 source layers less the first and last do not divide by the 3 of the block",
  );
  assertThrows(() => from(9, target, "average"), RangeError, "8 or 11 layers would");
  fails(() => upTrain(plain(11, 1, false, { vocab_size: 30 }), target), "V is 30 in the source and 29 in the target");
  fails(
    () => upTrain(plain(8, 1, false, { recursion: { num_recursions: 3 } }), target),
    "the source shares 4 layers over 8",
  );
  fails(() => upTrain(plain(11, 1, false, { tie_word_embeddings: false }), target), "the source has a head of its own");
});
