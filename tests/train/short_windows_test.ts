// A window with few tokens is a short sequence without padding: the maximum length does not change a step.
import { assert, assertEquals } from "@std/assert";
import { measureNoise, ReferenceDevice } from "../../reference/mod.ts";
import type { HostTensor } from "../../src/op/device.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { mapParams } from "../../src/model/parameters.ts";
import { upload } from "../../src/model/upload.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import type { TrainingBatch } from "../../src/train/data/batches.ts";
import { maskedBatches } from "../../src/train/data/masking.ts";
import { nextTokenBatches } from "../../src/train/data/next_token.ts";
import { Evaluator } from "../../src/train/evaluate.ts";
import { MaskedLM } from "../../src/train/masked_lm.ts";
import { own } from "../support/device.ts";
import { gpuTest } from "../support/gpu.ts";
import { largestDifference, smallEncoder, someIds, spreadWeights } from "../support/models.ts";
import { POSITIONS, stepOf, type TrainingTask, trainingTasks, V } from "../support/training_tasks.ts";
import { inMemory, sequences } from "./data/support.ts";

const TOKENS = 26;
const stream = inMemory([someIds(1, TOKENS - 1, V - 1)], V);

/** The stream as the only window of T rows, in a batch that may have room for a second one. */
function only(name: string, T: number, B = 1): Promise<TrainingBatch> {
  const options = { B, T, seed: 1, mask: 1, special: [] };
  return (name === "encoder" ? maskedBatches(stream, options) : nextTokenBatches(stream, options)).batch(0);
}

/** The same batch, with ids, positions and labels behind its live rows that must not be read. */
function littered({ rows, labels }: TrainingBatch): TrainingBatch {
  const litter = ({ data, shape }: HostTensor, value: number): HostTensor => ({
    shape,
    data: (data as Int32Array).map((known, row) => row < TOKENS ? known : value),
  });
  const { ids, positions, offsets } = rows;
  return { rows: { ids: litter(ids, 7), positions: litter(positions, 3), offsets }, labels };
}

for (const [name, task] of Object.entries(trainingTasks)) {
  Deno.test(`26 tokens in a window of 512 are 26 tokens (${name})`, async () => {
    const exact = new ReferenceDevice("f64");
    const alone = await stepOf(exact, task, [await only(name, TOKENS)]);
    for (const batch of [await only(name, POSITIONS), littered(await only(name, 64, 2))]) {
      assertEquals(await stepOf(exact, task, [batch]), alone);
    }
  });

  gpuTest(
    `26 tokens in a window of 512 are 26 tokens on the GPU, whatever was in its memory (${name})`,
    async (gpu) => {
      const device = own(gpu);
      const batch = await only(name, POSITIONS);
      const ruined: TrainingTask = (device, rows) => {
        const { objective, params } = task(device, rows);
        const nothing = mapParams(objective.schema, ({ shape }) => {
          return device.from({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(NaN) });
        });
        return { objective, params: nothing ?? params };
      };
      const full: TrainingBatch = {
        ...batch,
        rows: { ...batch.rows, offsets: { shape: [2], data: Int32Array.of(0, POSITIONS) } },
      };
      await stepOf(device, ruined, [full]); // leaves NaN in every buffer of the pool
      const { exact, bounds, undecided } = await measureNoise(
        async (noisy) => await stepOf(noisy, task, [await only(name, TOKENS)]),
        4,
      );
      assertEquals(undecided, []);
      for (const [output, { data }] of Object.entries(await stepOf(device, task, [batch]))) {
        const difference = largestDifference(data, exact[output].data);
        assert(difference <= bounds[output], `${output} differs by ${difference}, more than ${bounds[output]}`);
      }
    },
  );
}

Deno.test("masked evaluation: 26 tokens in a window of 512 cost what they cost alone", async () => {
  const device = new ReferenceDevice("f64");
  const config = smallEncoder({ vocab_size: V, max_position_embeddings: POSITIONS });
  const weights = spreadWeights<never>(encoderSchema(config), 3);
  const params = upload(device, encoderSchema(config), weights) as never;
  const batches = maskedBatches(stream, { B: 2, T: POSITIONS, seed: 1, mask: 1, special: [] });
  const { nats, tokens, routing } = await new Evaluator(device, new MaskedLM(device, config, { scored: 400 }), params)
    .evaluate(batches);
  const [{ ids, labels }] = await sequences(batches, 0);
  const { losses } = await new EncoderModel(device, config, weights).forward([ids], { labels: [labels] });
  assert(Math.abs(nats - losses!.mlm) < 1e-12);
  assertEquals([tokens, routing!.rows], [labels.filter((label) => label >= 0).length, TOKENS]);
});
