// Weights and log of a trainer are the same for all microbatches of a step.
import { assert, assertEquals } from "@std/assert";
import { ReferenceDevice } from "../../reference/mod.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { packBatch } from "../../src/train/data/batches.ts";
import { routingStatistics } from "../../src/train/routing_counter.ts";
import { largestDifference, smallDecoder } from "../support/models.ts";
import { decoderTrainer, someBatch, weightsOf } from "../support/training.ts";

const T = 9;
const mol = { layers: [1], num_experts: 3, top_k: 2, lora_rank: 2, lora_alpha: 4, router_jitter_noise: 0.1 };
const losses = { router_aux: 0.3, router_z: 0.2, router_balance: 0.4, mol_balance: 0.5 };
const recursion = (json: Json) => ({ sharing: "middle_cycle", num_recursions: 3, alpha: 1, ...json as object });
const configs = {
  expert: smallDecoder({ recursion: recursion({ routing: "expert" }), mol, loss_coefficients: losses }),
  token: smallDecoder({ recursion: recursion({ routing: "token" }), mol, loss_coefficients: losses }),
  shared: smallDecoder({ recursion: recursion({ kv: "share" }) }),
};

const rounded = (value: unknown) =>
  JSON.parse(JSON.stringify(value), (_key, x) => typeof x === "number" ? Number(x.toPrecision(12)) : x);

for (const [name, config] of Object.entries(configs)) {
  Deno.test(`trainer: microbatches give the weights and log of one batch (${name})`, async () => {
    const sequences = Array.from({ length: 4 }, (_, b) => {
      const { rows: { ids }, labels } = someBatch(b, { B: 1, T: T - b, V: 29 });
      return { ids: ids.data, labels: labels.data.map((label, t) => b > 1 && t > 0 ? -100 : label) };
    });
    const results = [];
    for (const cut of [[4], [1, 1, 1, 1], [1, 3]]) {
      const trainer = decoderTrainer(new ReferenceDevice("f64"), config, { rows: 4 * T }, { accumulate: cut.length });
      const batches = cut.map((count, i) => {
        const taken = sequences.slice(i * cut[0], i * cut[0] + count); // all but the last are of one size
        return packBatch(taken, { B: Math.max(...cut), T }, 29);
      });
      const { lines: [{ step, labels, losses, gradientNorm }], routing } = await trainer.read(0, batches, 1e-3);
      const statistics = routingStatistics(routing, config, batches);
      results.push({ step, labels, statistics, numbers: [...Object.values(losses), gradientNorm], trainer });
    }
    const [one, ...others] = results;
    assertEquals(one.labels, T + (T - 1) + 1 + 1);
    assertEquals(one.statistics.rows, T + (T - 1) + (T - 2) + (T - 3));
    for (const { step, labels, statistics, numbers, trainer } of others) {
      assertEquals([step, labels, rounded(statistics)], [one.step, one.labels, rounded(one.statistics)]);
      assert(largestDifference(numbers, one.numbers) < 1e-12);
      assert(largestDifference(await weightsOf(trainer), await weightsOf(one.trainer)) < 1e-9);
    }
  });
}
