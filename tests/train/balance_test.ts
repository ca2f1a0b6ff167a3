// What moves beside the weights: the bias of balance without a loss, and averages. Once a step, and never by numbers
// that are not finite.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import type { Trainer, TrainerOptions } from "../../src/train/trainer.ts";
import type { DecoderParams } from "../../src/model/decoder_schema.ts";
import { smallDecoder } from "../support/models.ts";
import { decoderTrainer, plainOptions, someBatch } from "../support/training.ts";

const size = { B: 1, T: 9, V: 29 };
const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "token", balancing: "loss_free" };
const config = smallDecoder({ recursion });
const device = () => new ReferenceDevice("f64");
type On = Trainer<RefTensor, DecoderParams<RefTensor>>;
const biasOf = ({ params }: On) => [...params.routerBias!.data];

/** A trainer whose bias starts at 0, so that choices vary. */
function trainerOf(rows: number, options: Partial<TrainerOptions>): On {
  const trainer = decoderTrainer(device(), config, { rows }, { biasRate: 1, ...options });
  trainer.params.routerBias!.data.fill(0);
  return trainer;
}

/** Which way the bias goes in a step of these microbatches. */
async function moves(...seeds: number[]): Promise<number[]> {
  const trainer = trainerOf(size.T, { accumulate: seeds.length });
  await trainer.read(0, seeds.map((seed) => someBatch(seed, size)), 1e-3);
  return biasOf(trainer);
}

Deno.test("loss-free balance: the bias counts the choices of all microbatches, as those of one batch", async () => {
  let others = 0;
  for (let seed = 0; seed < 6; seed++) {
    const both = someBatch(1, { ...size, B: 2 });
    for (const [i, part] of [someBatch(seed, size), someBatch(seed + 1, size)].entries()) {
      (both.rows.ids.data as Int32Array).set(part.rows.ids.data, i * size.T);
      (both.labels.data as Int32Array).set(part.labels.data, i * size.T);
    }
    const whole = trainerOf(2 * size.T, {});
    await whole.read(0, [both], 1e-3);
    assertEquals(await moves(seed, seed + 1), biasOf(whole));
    others += Number((await moves(seed + 1)).join() !== biasOf(whole).join());
  }
  assert(others > 0, "the last microbatch alone says something else");
});

Deno.test("a step with a gradient that is not finite changes neither averages nor the bias", async () => {
  const optimizer = { ...plainOptions.optimizer, ema: 0.5 };
  const trainer = trainerOf(size.T, { optimizer });
  const averaged = () => Array.from(trainer.averaged.embedding.data);
  await trainer.read(0, [someBatch(1, size)], 1e-2);
  const [bias, average] = [biasOf(trainer), averaged()];
  assertNotEquals(bias, [0, 0, 0]);
  assertNotEquals(average, Array.from(trainer.params.embedding.data)); // it has some way to go
  const norm = trainer.params.norm.data;
  const first = norm[0];
  norm[0] = NaN;
  const { lines: [line] } = await trainer.read(1, [someBatch(2, size)], 1e-2);
  assert(Number.isNaN(line.gradientNorm));
  assertEquals([biasOf(trainer), averaged()], [bias, average]);
  norm[0] = first;
  await trainer.read(2, [someBatch(2, size)], 1e-2);
  assertNotEquals(biasOf(trainer), bias);
  assertNotEquals(averaged(), average);
});
