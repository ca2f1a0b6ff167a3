/** A GPU that binds less than a model's vocabulary: training, generation and serving go on as on one that binds it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { WebGpuDevice } from "../../kernels/mod.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { Device } from "../../src/op/device.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import type { Trainer } from "../../src/train/trainer.ts";
import { type Asked, assertDefined } from "../support/definition.ts";
import { kinds, serve, tokensOf } from "../support/engine.ts";
import { generate } from "../../src/infer/generate.ts";
import { gpuTest } from "../support/gpu.ts";
import { decoderOn, largestDifference, smallDecoder, smallEncoder, someIds } from "../support/models.ts";
import { decoderTrainer, encoderTrainer, someBatch, weightsOf } from "../support/training.ts";

const V = 1200; // 76,800 bytes of embedding, of which the device binds 32 KiB at once

const limited = ({ device, adapter }: WebGpuDevice) =>
  new WebGpuDevice(device, { ...adapter, maxBindingBytes: 2 ** 15 });
const exact = () => new ReferenceDevice("f64");

/** Of a large ε: an update is as smooth in the gradient as that is in the weights. */
const training = { optimizer: { beta1: 0.9, beta2: 0.95, eps: 1, decay: 0.1, clip: 1, ema: 0.9 } };

/** Lines, weights and their average after three steps. */
async function train(trainer: Trainer<never, unknown>, size: { B: number; T: number; V: number; masked?: boolean }) {
  const lines: number[] = [];
  const before = await weightsOf(trainer);
  for (const step of [0, 1, 2]) {
    const { lines: [{ losses, gradientNorm }] } = await trainer.read(step, [someBatch(step, size)], 0.5);
    lines.push(losses.lm, losses.total, gradientNorm);
  }
  const weights = await weightsOf(trainer);
  const averaged = await weightsOf({ weights: () => trainer.weights({ averaged: true }) });
  const { m, v } = await trainer.state();
  const moments = [await weightsOf({ weights: () => Promise.resolve({ m, v }) })].flat();
  assert(largestDifference(before, weights) > 1e-3, "the weights have moved");
  trainer.close();
  return [lines, weights, averaged, moments];
}

const size = { B: 2, T: 8, V };
const losses = { router_aux: 0.3, router_z: 0.2, mol_balance: 0.5 };
const decoder = smallDecoder({ ...kinds[2], vocab_size: V, loss_coefficients: losses });

for (
  const [name, make] of [
    ["a decoder with a tied head", (on: Device) => decoderTrainer(on, decoder, { rows: 16 }, training)],
    ["a decoder with a head", (on: Device) => decoderTrainer(on, { ...decoder, tied: false }, { rows: 16 }, training)],
    ["an encoder", (on: Device) => encoderTrainer(on, smallEncoder({ vocab_size: 2 * V }), 16, training)],
  ] as const
) {
  gpuTest(`limited: ${name} trains in row parts as on the reference`, async (gpu) => {
    const of = (on: Device) => train(make(on) as unknown as Trainer<never, unknown>, size);
    const [expected, actual] = [await of(exact()), await of(limited(gpu))];
    expected.forEach((values, i) => {
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      const difference = largestDifference(actual[i], values);
      assert(difference <= 1e-5 * scale, `${["lines", "weights", "averages", "moments"][i]} differ by ${difference}`);
    });
  });
}

gpuTest("limited: generation and an engine draw the tokens of the reference", async (gpu) => {
  const asked: Asked[] = [3, 9, 1].map((length, i) => ({
    prompt: someIds(i, length, V),
    options: { maxNewTokens: 12, temperature: i ? 0.8 : 0, seed: i },
  }));
  for (const json of kinds.slice(1, 5).map((kind) => ({ ...kind, vocab_size: V }))) {
    const reference = decoderOn(exact(), json);
    const model = decoderOn(limited(gpu), json);
    await using engine = await Engine.open(model, { slots: 4, cacheBytes: 2 ** 16 });
    const served = await serve(engine, asked);
    for (const [i, one] of asked.entries()) {
      await assertDefined(reference, one, served[i], false);
      assertEquals(served[i].tokens.length, 12);
      assertEquals(await tokensOf(generate(model, one.prompt, one.options)), served[i].tokens);
    }
    model.dispose();
  }
});

gpuTest("limited: the caches of an engine stay within the binding limit for any cacheBytes", async (gpu) => {
  const one: Asked = { prompt: someIds(1, 9, V), options: { maxNewTokens: 20 } };
  const json = { ...kinds[2], vocab_size: V };
  const reference = decoderOn(exact(), json), model = decoderOn(limited(gpu), json);
  for (const cacheBytes of [undefined, 2 ** 30]) {
    await using engine = await Engine.open(model, { slots: 6, cacheBytes });
    const { config: { G, K } } = model, layers = 2 + 2;
    assert(engine.status().cacheBytes <= layers * 2 ** 15, `${engine.status().cacheBytes} bytes`);
    assert(engine.status().cacheBytes > 2 ** 15 - 24 * 3 * 4 * 2 * G * K);
    await assertDefined(reference, one, (await serve(engine, [one]))[0], false);
  }
  const { device, adapter } = gpu;
  const tiny = new WebGpuDevice(device, { ...adapter, maxBindingBytes: 2048 });
  const small = decoderOn(tiny, kinds[2]);
  const message = "Cannot make an engine: 2048 bytes for the cache of a layer, 4608 is the least";
  await assertRejects(() => Engine.open(small, { slots: 1 }), RangeError, message);
  const maxBatch =
    "Cannot make an engine: maxBatch is 7 of 7 slots, and the device binds the logits of 1200 tokens for 6 rows";
  await assertRejects(() => Engine.open(model, { slots: 7 }), RangeError, maxBatch);
  await using narrow = await Engine.open(model, { slots: 7, maxBatch: 6 });
  await assertDefined(reference, one, (await serve(narrow, [one]))[0], false);
});
