// Memory follows the positions in use: 2³¹ − 1 of them in a configuration change no number and take no memory.
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Device } from "../../src/op/device.ts";
import { RopeTables } from "../../src/model/rope_tables.ts";
import { ropeTable } from "../../src/ops/rope.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { defaultRoom, fittingLayout, pageBytes } from "../../src/infer/engine/kv_layout.ts";
import { generate } from "../../src/infer/generate.ts";
import { newTokensOf } from "../../src/infer/generate_options.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { gpuTest } from "../support/gpu.ts";
import { decoderOn, encoderOn, smallDecoder, smallEncoder, someIds } from "../support/models.ts";
import { decoderTrainer, encoderTrainer, someBatch, weightsOf } from "../support/training.ts";

const reference = new ReferenceDevice();
const MANY = 2 ** 31 - 1;
const sized = (positions: number, layers = 2) => ({ num_hidden_layers: layers, max_position_embeddings: positions });
const routed = { recursion: { sharing: "cycle", num_recursions: 2, routing: "expert", alpha: 1 } };

Deno.test("tables have a power of two of rows, 512 at least, never more than there are positions", () => {
  const tables = new RopeTables(reference, 5000, (rows) => ropeTable(rows, 4, 100));
  const rows = [0, 1, 512, 513, 1024, 1025, 4097, 5000, 9999].map((positions) => tables.upTo(positions).shape[0]);
  assertEquals(rows, [512, 512, 512, 1024, 1024, 2048, 5000, 5000, 5000]);
  assert(tables.upTo(3) === tables.upTo(500), "a table is made once");
  const few = new RopeTables(reference, 3, (rows) => ropeTable(rows, 4, 100));
  assertEquals(few.upTo(3).shape, [3, 4]);
});

Deno.test("larger tables begin with smaller ones, bit for bit", () => {
  const whole = ropeTable(3000, 6, 500000).data;
  for (const rows of [1, 512, 2048]) assertEquals(ropeTable(rows, 6, 500000).data, whole.subarray(0, rows * 6));
});

/** Runs models of a few and of very many positions over short, long and short sequences. */
async function alike(device: Device): Promise<void> {
  const decoders = [700, MANY].map((positions) => decoderOn(device, { ...sized(positions), ...routed }));
  const encoders = [700, MANY].map((positions) =>
    encoderOn(device, { model_type: "modernbert", layer_norm_eps: 1e-5, ...sized(positions) })
  );
  for (const length of [5, 600, 6]) {
    const ids = [someIds(length, length), someIds(3, 4)];
    const results = await Promise.all(decoders.map((model) => model.forward(ids, { logits: true })));
    assertEquals(results[1].logits!.data, results[0].logits!.data);
    const vectors = await Promise.all(encoders.map((model) => model.pooled(ids)));
    assertEquals(vectors[1].data, vectors[0].data);
  }
  for (const model of [...decoders, ...encoders]) model.dispose();
}

Deno.test("reference: any number of positions gives the same numbers", () => alike(reference));
gpuTest("webgpu: any number of positions gives the same numbers", (gpu) => alike(gpu));

Deno.test("generation and engine run with 2³¹ − 1 positions as with few", async () => {
  const made = await Promise.all([64, MANY].map(async (positions) => {
    const model = decoderOn(reference, { ...sized(positions), ...routed });
    const alone = await Array.fromAsync(generate(model, [3, 4, 5], { maxNewTokens: 8, seed: 2 }));
    await using engine = await Engine.open(model, { slots: 2, cacheBytes: 2 ** 20 });
    const pieces = await Array.fromAsync(engine.submit([3, 4, 5], { maxNewTokens: 8, seed: 2 }));
    assertEquals(pieces, alone);
    return pieces;
  }));
  assertEquals(made[1], made[0]);
});

Deno.test("training runs with 2³¹ − 1 positions as with few", async () => {
  const V = smallDecoder().V, batch = someBatch(5, { B: 2, T: 9, V });
  const decoders = [64, MANY].map((n) => decoderTrainer(reference, smallDecoder(sized(n)), { rows: 18 }));
  for (const trainer of decoders) await trainer.read(0, [batch], 0.01);
  assertEquals(await weightsOf(decoders[1]), await weightsOf(decoders[0]));
  const encoders = [64, MANY].map((n) => encoderTrainer(reference, smallEncoder(sized(n)), 18));
  for (const trainer of encoders) await trainer.read(0, [batch], 0.01);
  assertEquals(await weightsOf(encoders[1]), await weightsOf(encoders[0]));
});

Deno.test("a batch may become longer than the tables so far", async () => {
  const config = smallDecoder(sized(MANY, 1));
  const [short, long] = [4, 520].map((T) => someBatch(T, { B: 1, T, V: config.V }));
  const trainers = [MANY, 600].map((n) => decoderTrainer(reference, smallDecoder(sized(n, 1)), { rows: 520 }));
  const losses = await Promise.all(trainers.map(async (trainer) => {
    const read = [await trainer.read(0, [short], 0.01), await trainer.read(1, [long], 0.01)];
    return read.map(({ lines: [line] }) => line.losses.total);
  }));
  assertEquals(losses[0], losses[1]);
  const few = decoderTrainer(reference, smallDecoder(sized(500, 1)), { rows: 520 });
  const message = "a sequence has 520 tokens, 500 positions is the most";
  await assertRejects(() => few.read(0, [long], 0.01), RangeError, message);
});

Deno.test("without maxNewTokens there is room for 512 MiB of keys and values", () => {
  const config = smallDecoder(sized(MANY, 8)); // 64 bytes a row and layer
  assertEquals(defaultRoom(config, 1), 2 ** 29 / (8 * 64) + 1); // the last token is not cached
  assertEquals(defaultRoom(config, 4), 2 ** 29 / (4 * 8 * 64) + 1);
  assertEquals(defaultRoom(config, 4, 64 * 64), 17); // 64 rows of a layer
  assertEquals(defaultRoom(smallDecoder(), 4), 64);
  assertEquals(newTokensOf(2, MANY, undefined, 100), 98);
  assertEquals(newTokensOf(2, MANY, 1000, 100), 1000);
  assertEquals(newTokensOf(500, MANY, undefined, 100), 1);
});

Deno.test("caches of one call have the rows of its sequences, in whole pages", () => {
  const bytes = (tokens: number[], json = {}) => {
    const layout = fittingLayout(smallDecoder({ ...sized(MANY), ...json }), tokens);
    return pageBytes(layout).reduce((sum, bytes) => sum + bytes, 0) * layout.pages;
  };
  assertEquals(bytes([9]), 2 * 8 * 64); // 8 rows of 64 bytes in each of 2 layers
  assertEquals(bytes([10]), 2 * 16 * 64);
  assertEquals(bytes([9, 10, 1]), 2 * 32 * 64);
  assertEquals(bytes([17], routed), 2 * 16 * 64); // one layer in each of 2 recursions
});

Deno.test("caches that are too large are refused with their rows and the option", async () => {
  const message = "Cannot generate: a sequence of 2147483647 tokens needs 2147483648 rows of cache, " +
    "and there are at most 33554424; a smaller maxNewTokens needs fewer";
  const model = decoderOn(reference, sized(MANY));
  const generation = generate(model, [1], { maxNewTokens: MANY - 1 });
  await assertRejects(() => Array.fromAsync(generation), RangeError, message);
});
