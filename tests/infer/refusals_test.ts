/** What generation refuses: options out of range, also where nothing is to be made; a second loop; after an abort. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { hostIndices } from "../../src/op/device.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { sampleDocuments } from "../../src/infer/corpus.ts";
import { generate } from "../../src/infer/generate.ts";
import type { GenerateOptions } from "../../src/infer/generate_options.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { initialize } from "../../src/model/init.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { maskedBatches } from "../../src/train/data/masking.ts";
import { windowsOf } from "../../src/train/data/batches.ts";
import { isHeldOut } from "../../src/train/data/split.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { encoderOn, smallDecoder, someIds, spreadWeights } from "../support/models.ts";

const device = new ReferenceDevice();
const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1 };
const config = smallDecoder({ recursion, bos_token_id: 1 });
const tokenizer = { encode: (text: string) => [...text].map(Number), decode: (ids: readonly number[]) => ids.join("") };
const model = new DecoderModel(device, config, spreadWeights(decoderSchema(config), 1), tokenizer);
const seeds = [0.5, NaN, Infinity, -(2 ** 31) - 1, 2 ** 31, 2 ** 53];

const wrong: readonly [GenerateOptions, string][] = [
  [{ temperature: -1 }, "temperature is -1"],
  [{ temperature: NaN }, "temperature is NaN"],
  [{ topK: 2.5 }, "topK is 2.5"],
  [{ topK: -1 }, "topK is -1"],
  [{ topP: 0 }, "topP is 0"],
  [{ minP: 2 }, "minP is 2"],
  [{ repetitionPenalty: 0 }, "repetitionPenalty is 0"],
  [{ maxDepth: 1.5 }, "maxDepth is 1.5"],
  [{ maxDepth: 0 }, "maxDepth is 0"],
  ...seeds.map((seed) =>
    [{ seed }, `seed is ${seed}, expected a whole number from -2147483648 to 2147483647`] as const
  ),
] as [GenerateOptions, string][];

Deno.test("options out of range are refused at the call by name and value, also for 0 new tokens", async () => {
  await using engine = await Engine.open(model, { slots: 1 });
  for (const maxNewTokens of [0, 3]) {
    for (const [option, message] of wrong) {
      const options = { ...option, maxNewTokens };
      assertThrows(() => generate(model, [[1]], options), RangeError, message);
      assertThrows(() => generate(model, "12", options), RangeError, message);
      assertThrows(() => engine.submit([1], options), RangeError, message);
    }
    for (const stop of ["12", [5]] as unknown as string[][]) {
      const options = { stop, maxNewTokens },
        message = `Cannot generate: stop is ${JSON.stringify(stop)}, expected a list`;
      assertThrows(() => generate(model, "12", options), RangeError, message);
      assertThrows(() => engine.submit([1], options), RangeError, message);
    }
    const options = { maxNewTokens };
    assertThrows(() => generate(model, [], options), RangeError, "there are no sequences");
    assertThrows(() => generate(model, [[]], options), RangeError, "sequence 0 is empty");
    for (const id of [29, -1, 0.5]) {
      const generation = () => generate(model, [1, id], options);
      assertThrows(generation, RangeError, `id ${id} at 1 of sequence 0 is outside the vocabulary of 29`);
    }
  }
  assertEquals(await Array.fromAsync(generate(model, [[1]], { maxNewTokens: 0 })), []);
  for (const seed of [-(2 ** 31), 2 ** 31 - 1]) {
    assertEquals((await Array.fromAsync(generate(model, [1], { maxNewTokens: 2, seed }))).length, 2);
  }
});

Deno.test("every seed must be an integer", async () => {
  const reader = { tokens: 9, vocabulary: 9, endOfText: 0, read: () => Promise.resolve(new Int32Array(9)) } as never;
  for (const seed of seeds) {
    const message = `seed is ${seed}, expected a whole number from -2147483648 to 2147483647`;
    assertThrows(() => initialize(decoderSchema(config), seed), RangeError, `Cannot make weights: ${message}`);
    assertThrows(() => windowsOf(reader, 3, { B: 1, T: 3, shuffle: seed }), RangeError, message);
    assertThrows(() => maskedBatches(reader, { B: 1, T: 3, seed, mask: 1, special: [] }), RangeError, message);
    assertThrows(() => isHeldOut("a", { seed, share: 0.5 }), RangeError, message);
    const documents = sampleDocuments(model, { documents: 1, batch: 1, maxTokens: 9, seed });
    await assertRejects(() => documents.next(), RangeError, `Cannot sample documents: ${message}`);
  }
});

Deno.test("fractions are refused where an integer is required", async () => {
  assertThrows(() => hostIndices([0, 1.5]), RangeError, "element 1 is 1.5, expected a whole number");
  assertThrows(() => hostIndices([2 ** 31]), RangeError, "element 0 is 2147483648");
  const base = { documents: 1, batch: 1, maxTokens: 9, seed: 1 };
  for (const name of ["documents", "batch", "maxTokens"] as const) {
    const documents = sampleDocuments(model, { ...base, [name]: 2.5 });
    await assertRejects(() => documents.next(), RangeError, `Cannot sample documents: ${name} is 2.5`);
  }
  await assertRejects(() => Engine.open(model, { stops: [1.5] }), RangeError, "id 1.5 is outside the vocabulary");
  await assertRejects(() => Engine.open(model, { cacheBytes: 99999.5 }), RangeError, "cacheBytes is 99999.5");
  const encoder = encoderOn(device);
  for (const row of [1, -1, 0.5]) {
    await assertRejects(
      () => encoder.logitsAt([3], [row]),
      RangeError,
      `row ${row} is outside the sequence of 1 tokens`,
    );
  }
});

Deno.test("a second loop over one generation is refused, and the first gets all of it", async () => {
  await using engine = await Engine.open(model, { slots: 1 });
  const options = { maxNewTokens: 5, seed: 3 };
  const streams: readonly (() => AsyncIterable<unknown>)[] = [
    () => generate(model, "12", options),
    () => generate(model, [[1, 2], [3]], options),
    () => generate(model, [1, 2], options),
    () => engine.submit([1, 2], options),
    () => sampleDocuments(model, { documents: 5, batch: 2, maxTokens: 9, seed: 1 }),
  ];
  for (const stream of streams) {
    const want = await Array.fromAsync(stream());
    const one = stream();
    const both = [Array.fromAsync(one), Array.fromAsync(one)];
    const [first, second] = await Promise.allSettled(both);
    assertEquals(first, { status: "fulfilled", value: want });
    const { message } = (second as PromiseRejectedResult).reason;
    assertEquals(message.replace(/^Cannot [a-z ]+/, ""), ": another loop reads this stream, or has read it");
    await assertRejects(() => Array.fromAsync(one), Error, "another loop reads this stream");
  }
});

Deno.test("a signal that was aborted before ends generation before its first token, one during the prompt soon", async () => {
  const reason = new Error("enough"), signal = AbortSignal.abort(reason);
  const ended = async (stream: AsyncIterable<unknown>) => {
    const pieces: unknown[] = [];
    const error = await assertRejects(async () => {
      for await (const piece of stream) pieces.push(piece);
    }, Error);
    assertEquals([error, pieces], [reason, []]);
  };
  for (const maxNewTokens of [0, 4]) {
    await ended(generate(model, [[1], [2]], { signal, maxNewTokens }));
    await ended(generate(model, "12", { signal, maxNewTokens }));
  }
  const controller = new AbortController();
  const late = generate(model, someIds(1, 60), { signal: controller.signal });
  const next = late.next();
  controller.abort(reason);
  assertEquals(await assertRejects(() => next, Error), reason);
  assertEquals((await Array.fromAsync(generate(model, [1], { maxNewTokens: 2 }))).length, 2);
});
