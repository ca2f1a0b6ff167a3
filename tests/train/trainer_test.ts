// The training step is the AdamW update for any microbatches, recomputed or replayed.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { mapParams } from "../../src/model/parameters.ts";
import type { HostTensor } from "../../src/op/device.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { MaskedLM } from "../../src/train/masked_lm.ts";
import { gpuTest } from "../support/gpu.ts";
import { own } from "../support/device.ts";
import { smallDecoder, smallEncoder, spreadWeights } from "../support/models.ts";
import { decoderTrainer, encoderTrainer, someBatch, weightsOf } from "../support/training.ts";

const size = { B: 2, T: 9, V: 29 };
const rows = size.B * size.T;
const mol = { layers: [1], num_experts: 3, top_k: 2, lora_rank: 2, lora_alpha: 4, router_jitter_noise: 0.1 };
const losses = { router_aux: 0.3, router_z: 0.2, router_balance: 0.4, mol_balance: 0.5 };
const recursion = (json: Json) => ({ sharing: "middle_cycle", num_recursions: 3, alpha: 1, ...json });
const expert = smallDecoder({ recursion: recursion({ routing: "expert" }), mol, loss_coefficients: losses });
const token = smallDecoder({ recursion: recursion({ routing: "token" }), loss_coefficients: losses });
const shared = smallDecoder({ recursion: recursion({ kv: "share" }) });

const device = () => new ReferenceDevice("f64");

/** Weights after two steps, and the last line. */
async function train(trainer: ReturnType<typeof decoderTrainer<RefTensor>>, batches = [1, 2]) {
  const lines = [];
  for (const [step, seed] of batches.entries()) {
    lines.push(...(await trainer.read(step, [someBatch(seed, size)], 1e-2)).lines);
  }
  return { weights: await weightsOf(trainer), lines };
}

Deno.test("trainer: one step is the AdamW update with the model's gradients", async () => {
  const config = smallDecoder({ num_hidden_layers: 2 });
  const on = device();
  const trainer = decoderTrainer(on, config, { rows });
  const ids = Array.from(someBatch(1, size).rows.ids.data);
  const batch = someBatch(1, size);
  ids.forEach((_, row) => batch.labels.data[row] = row % size.T === size.T - 1 ? -100 : ids[row + 1]);
  const weights = spreadWeights(decoderSchema(config), 3);
  const model = new DecoderModel(on, config, weights as never);
  const gradients = await model.gradients([ids.slice(0, size.T), ids.slice(size.T)]);
  await trainer.read(0, [batch], 0.01);
  const [before, after] = [weights, await trainer.weights()];
  const seen: [HostTensor, HostTensor][] = [];
  mapParams<HostTensor, void>(trainer.objective.schema, (_leaf, g) => void seen.push([g, g]), gradients);
  let index = 0;
  mapParams<HostTensor, void>(trainer.objective.schema, (_leaf, p) => void (seen[index++][1] = p), before);
  index = 0;
  mapParams<HostTensor, void>(trainer.objective.schema, (_leaf, p) => {
    const [g, old] = seen[index++];
    p.data.forEach((value, i) => {
      const expected = old.data[i] - 0.01 * g.data[i] / (Math.abs(g.data[i]) + 1e-8); // m/c₁ = g, √(v/c₂) = |g|
      assert(Math.abs(value - expected) < 1e-6, `${value} is not ${expected}`); // c₁, c₂ travel as float32
    });
  }, after);
});

for (const [name, config] of Object.entries({ expert, token, shared })) {
  Deno.test(`trainer: recomputed recursions give the same weights bit for bit (${name})`, async () => {
    const kept = await train(decoderTrainer(device(), config, { rows }));
    const recomputed = await train(decoderTrainer(device(), config, { rows }, { remat: "recursion" }));
    assertEquals(recomputed, kept);
  });
}

Deno.test("trainer: recomputed layers of an encoder give the same weights, with dropout", async () => {
  const config = smallEncoder({ dropout: 0.3, router_jitter_noise: 0.1, load_balancing_loss_coef: 0.2 });
  const results = [];
  for (const remat of ["none", "recursion"] as const) {
    const trainer = encoderTrainer(device(), config, 8, { remat });
    const { lines } = await trainer.read(0, [someBatch(1, { B: 2, T: 9, V: 31, masked: true })], 1e-2);
    results.push({ lines, weights: await weightsOf(trainer) });
  }
  assertEquals(results[0], results[1]);
});

Deno.test("trainer: a step with a gradient that is not finite does not change the weights", async () => {
  const trainer = decoderTrainer(device(), shared, { rows });
  await trainer.read(0, [someBatch(1, size)], 1e-2);
  const before = await weightsOf(trainer);
  (trainer.params.norm as RefTensor).data[0] = NaN;
  const { lines: [line] } = await trainer.read(1, [someBatch(2, size)], 1e-2);
  assert(Number.isNaN(line.gradientNorm) && Number.isNaN(line.losses.total));
  const after = await weightsOf(trainer);
  assertEquals(after.filter((value, i) => value !== before[i]).length, 1); // the poisoned one
});

Deno.test("trainer: refusals name the reason", async () => {
  const teacher = { config: smallDecoder({ vocab_size: 30 }), params: {} as never, temperature: 1 };
  assertThrows(
    () => decoderTrainer(device(), shared, { rows, teacher }),
    RangeError,
    "Cannot learn from the teacher: its vocabulary has 30 tokens, the student's 29",
  );
  const config = smallEncoder(), wider = { ...teacher, config: { ...config, D: config.D + 1 } };
  assertThrows(
    () => new MaskedLM(device(), config, { scored: 8, teacher: wider, factors: { cosine: 1 } }),
    RangeError,
    `its width is ${config.D + 1}, the student's ${config.D}`,
  );
  const trainer = decoderTrainer(device(), shared, { rows });
  const one = someBatch(1, size);
  assertThrows(() => trainer.start(0, [one, one], 1e-3), RangeError, "a step has 1 microbatches, 2 are given");
  assertThrows(
    () => trainer.start(0, [someBatch(1, { ...size, B: 3 })], 1e-3),
    RangeError,
    "Cannot train on 27 rows: there is room for 18",
  );
  trainer.start(0, [one], 1e-3);
  await assertRejects(() => trainer.read(1, [one], 1e-3), RangeError, "Cannot read 2 steps");
});

gpuTest("trainer: recomputed recursions give the same weights on the GPU; steps need no reading", async (gpu) => {
  const results = [];
  for (const remat of ["none", "recursion"] as const) {
    const trainer = decoderTrainer(own(gpu), expert, { rows }, { remat, logEvery: 3 });
    for (const step of [0, 1]) trainer.start(step, [someBatch(step, size)], 1e-3);
    const { lines } = await trainer.read(2, [someBatch(2, size)], 1e-3);
    assertEquals(lines.map(({ step }) => step), [0, 1, 2]);
    assert(lines.every(({ losses }) => Number.isFinite(losses.total)));
    results.push({ lines, weights: await weightsOf(trainer) });
  }
  assertEquals(results[0], results[1]);
});
