// Ids, labels and rows outside their range are refused alike on both devices, before anything runs.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Device, hostIndices } from "../../src/op/device.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { stopsOf } from "../../src/infer/engine/options.ts";
import { generate } from "../../src/infer/generate.ts";
import { sampleDocuments } from "../../src/infer/corpus.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import type { Tokenizer } from "../../src/infer/tokenizer.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { assertDefined } from "../support/definition.ts";
import { whole } from "../support/engine.ts";
import { gpuTest } from "../support/gpu.ts";
import { decoderOn, encoderOn, smallDecoder, smallEncoder } from "../support/models.ts";
import { decoderTrainer, encoderTrainer, someBatch } from "../support/training.ts";

const WRONG = [-1, 1.5, NaN, 2 ** 31, 2 ** 32 + 1];

async function refused(device: Device): Promise<void> {
  const decoder = decoderOn(device), encoder = encoderOn(device);
  for (const id of [29, ...WRONG]) {
    const message = `Cannot run the model: id ${id} at 1 of sequence 1 is outside the vocabulary of 29`;
    const ids = [[1], [2, id]];
    await assertRejects(() => decoder.forward(ids), RangeError, message);
    await assertRejects(() => decoder.forward(ids, { losses: true }), RangeError, message);
    await assertRejects(() => decoder.gradients(ids), RangeError, message);
    assertThrows(() => generate(decoder, ids, { maxNewTokens: 1 }), RangeError, message);
  }
  for (const id of [31, ...WRONG]) {
    const message = `Cannot run the model: id ${id} at 1 of sequence 0 is outside the vocabulary of 31`;
    await assertRejects(() => encoder.forward([[2, id]]), RangeError, message);
    await assertRejects(() => encoder.pooled([[2, id]]), RangeError, message);
    await assertRejects(() => encoder.logitsAt([2, id], [0]), RangeError, message);
  }
  for (const label of [31, -99, ...WRONG]) {
    const message = `Cannot score: label ${label} at 1 of sequence 0 is outside the vocabulary of 31, and not -100`;
    await assertRejects(() => encoder.forward([[2, 3]], { labels: [[-100, label]] }), RangeError, message);
    await assertRejects(() => encoder.gradients([[2, 3]], [[-100, label]]), RangeError, message);
  }
  for (const row of [2, ...WRONG]) {
    const message = `Cannot run the model: row ${row} is outside the sequence of 2 tokens`;
    await assertRejects(() => encoder.logitsAt([2, 3], [0, row]), RangeError, message);
  }
  for (const model of [decoder, encoder]) model.dispose();
}

Deno.test("reference: ids, labels and rows outside their range are refused", () => refused(new ReferenceDevice()));
gpuTest("webgpu: ids, labels and rows outside their range are refused", (gpu) => refused(gpu));

const device = new ReferenceDevice();

Deno.test("training refuses ids and labels outside the vocabulary of the model", async () => {
  const trainers = {
    29: decoderTrainer(device, smallDecoder(), { rows: 6 }),
    31: encoderTrainer(device, smallEncoder(), 6),
  };
  for (const [V, trainer] of Object.entries(trainers)) {
    const batch = someBatch(1, { B: 2, T: 3, V: 20 });
    const changed = (data: ArrayLike<number>, id: number) =>
      hostIndices(Array.from(data, (old, i) => i === 4 ? id : old));
    for (const id of [Number(V), -1, -99, 2 ** 31 - 1]) {
      const ids = { ...batch, rows: { ...batch.rows, ids: changed(batch.rows.ids.data, id) } };
      const labels = { ...batch, labels: changed(batch.labels.data, id) };
      const message = (what: string) =>
        `Cannot run the batch: ${what} ${id} of row 4 is outside the vocabulary of ${V}`;
      await assertRejects(() => trainer.read(0, [ids], 0), RangeError, message("id"));
      await assertRejects(() => trainer.read(0, [labels], 0), RangeError, message("label"));
      assertThrows(() => trainer.start(0, [ids], 0), RangeError, message("id"));
    }
    assertEquals((await trainer.read(0, [someBatch(1, { B: 2, T: 3, V: 20 })], 0)).lines.length, 1); // nothing is left over
  }
});

Deno.test("a first token or a text outside the vocabulary is refused where decoding begins", async () => {
  const model = decoderOn(device);
  const beyond = new DecoderModel(device, { ...model.config, bos: 29 }, await model.weights());
  const documents = sampleDocuments(beyond, { documents: 1, batch: 1, maxTokens: 4, seed: 1 });
  await assertRejects(() => documents.next(), RangeError, "id 29 at 0 of the prompt is outside the vocabulary of 29");
  const tokenizer: Tokenizer = { encode: () => [3, 29], decode: () => "" };
  const foreign = new DecoderModel(device, model.config, await model.weights(), tokenizer);
  await using engine = await Engine.open(foreign, { slots: 1 });
  assertThrows(
    () => engine.submit("text"),
    RangeError,
    "Cannot generate: id 29 at 1 of the prompt is outside the vocabulary of 29",
  );
  assertEquals((await Array.fromAsync(engine.submit([3], { maxNewTokens: 2 }))).length, 2);
});

/** Generates with end ids that no token can be, and with as many as a shader compares. */
async function ended(device: Device): Promise<void> {
  const config = { ...smallDecoder(), eos: [2 ** 53 - 1, 5, 2 ** 31, 29, 5] };
  const model = new DecoderModel(device, config, await decoderOn(device).weights());
  const asked = { prompt: [1], options: { maxNewTokens: 3 } };
  await using engine = await Engine.open(model, { slots: 1 });
  await assertDefined(model, asked, await whole(engine.submit(asked.prompt, asked.options)));
}

Deno.test("reference: end ids outside the vocabulary end nothing", () => ended(device));
gpuTest("webgpu: end ids outside the vocabulary end nothing", (gpu) => ended(gpu));

Deno.test("end ids are counted once, and limited", () => {
  assertEquals(stopsOf([3, 3, 300, 4, -1], 300), [3, 4]);
  const many = Array.from({ length: 300 }, (_, id) => id);
  assertEquals(stopsOf(many, 256).length, 256);
  assertThrows(() => stopsOf(many, 300), RangeError, "Cannot generate: 300 ids end a sequence, at most 256");
});
