/** A shortage in the middle of something: that fails with the numbers, and the same device goes on with right values. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ShortageError } from "../../src/op/device.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { placed } from "../../src/infer/placed.ts";
import { generate } from "../../src/infer/generate.ts";
import type { WebGpuDevice } from "../../kernels/mod.ts";
import { whole } from "../support/engine.ts";
import { gpuTest } from "../support/gpu.ts";
import { decoderOn, encoderOn, smallDecoder, someIds } from "../support/models.ts";
import { scarce, type Scarcity, type Told } from "../support/scarce.ts";
import { decoderTrainer, someBatch, weightsOf } from "../support/training.ts";

const noMemory = /^Cannot .*: .*[\d,]+ bytes for \d+ buffers? could not be allocated \([\d,]+ bytes are in use\)$/;

/** The error of work for which there is too little memory. */
async function fails(work: () => Promise<unknown>, scarcity: Scarcity, limit: number): Promise<void> {
  scarcity.limit = limit;
  const { failed } = scarcity;
  const { message } = await assertRejects(work, Error) as Error;
  assert(noMemory.test(message), message);
  assert(scarcity.failed > failed);
  scarcity.limit = Infinity;
}

/** A test on a GPU with little memory, for both ways in which real ones tell. */
function scarceTest(name: string, body: (device: WebGpuDevice, scarcity: Scarcity) => Promise<void>): void {
  for (const told of ["at once", "later"] satisfies Told[]) {
    gpuTest(`shortage (${told}): ${name}`, async (gpu) => {
      const { device, scarcity } = scarce(gpu, told);
      await body(device, scarcity);
    });
  }
}

scarceTest("too many texts at once, then a few", async (gpu, scarcity) => {
  const encoder = encoderOn(gpu, { num_hidden_layers: 2 });
  const few = [[1, 2, 3], [4]], many = Array.from({ length: 60 }, (_, i) => someIds(i + 1, 50, 31));
  const want = await encoder.pooled(few), all = await encoder.pooled(many);
  gpu.memory.trim();
  const { bytes } = gpu;
  await fails(() => encoder.pooled(many), scarcity, 100_000);
  assertEquals(await encoder.pooled(few), want);
  assert(gpu.bytes <= bytes + 100_000, `${gpu.bytes} bytes, ${bytes} before`);
  assertEquals(await encoder.pooled(many), all);
});

scarceTest("weights that do not fit leave nothing behind", async (gpu, scarcity) => {
  const device = gpu;
  const open = (size: number) =>
    placed({ device, owned: false }, () => decoderOn(device, { intermediate_size: size, num_hidden_layers: 2 }));
  const small = await open(24);
  const want = await small.forward([[1, 2, 3]]);
  gpu.memory.trim();
  const { bytes } = gpu;
  const error = (work: () => Promise<unknown>) => assertRejects(work, ShortageError, "could not be allocated");
  scarcity.limit = 100_000;
  await error(() => open(4096));
  gpu.memory.trim();
  assertEquals(gpu.bytes, bytes);
  assertEquals((await small.forward([[1, 2, 3]])).hidden, want.hidden);
  scarcity.limit = Infinity;
  (await open(4096)).dispose();
});

scarceTest("in the middle of training: the step can be run again", async (gpu, scarcity) => {
  const config = smallDecoder({ num_hidden_layers: 2 });
  const batch = (seed: number) => [someBatch(seed, { B: 1, T: 8, V: 29 })];
  const train = async (trainer: ReturnType<typeof decoderTrainer>) => {
    await trainer.read(0, batch(0), 1e-2);
    return trainer;
  };
  const device = gpu;
  const plain = await train(decoderTrainer(device, config, { rows: 8 }));
  const want = await plain.read(1, batch(1), 1e-2);
  const trainer = await train(decoderTrainer(device, config, { rows: 8 }));
  gpu.memory.trim(); // the program is planned again
  await fails(() => trainer.read(1, batch(1), 1e-2), scarcity, 64);
  assertEquals((await trainer.read(1, batch(1), 1e-2)).lines, want.lines);
  assertEquals(await weightsOf(trainer), await weightsOf(plain));
});

scarceTest(
  "in the middle of a generation and of an engine: others on the same device are right",
  async (gpu, scarcity) => {
    const device = gpu;
    const decoder = decoderOn(device, { recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert" } });
    const made = async () => {
      return (await Array.fromAsync(generate(decoder, [1, 2], { maxNewTokens: 6 }))).map(({ id }) => id);
    };
    const want = await made();
    gpu.memory.trim();
    const { bytes } = gpu;
    const halfway = generate(decoder, [1, 2], { maxNewTokens: 60 });
    await halfway.next();
    gpu.memory.trim();
    await fails(() => Array.fromAsync(halfway), scarcity, 64);
    assertEquals(await made(), want);
    {
      await using engine = await Engine.open(decoder, { slots: 2 });
      gpu.memory.trim();
      const [one, two] = [engine.submit([1, 2], { maxNewTokens: 6 }), engine.submit([3], { maxNewTokens: 6 })];
      const other = whole(two).catch((error) => error.message);
      await fails(() => whole(one), scarcity, 64);
      assert(noMemory.test(await other));
    }
    await using engine = await Engine.open(decoder, { slots: 2 });
    assertEquals((await whole(engine.submit([1, 2], { maxNewTokens: 6 }))).tokens.map(([id]) => id), want);
    await engine[Symbol.asyncDispose]();
    gpu.memory.trim();
    assert(gpu.bytes <= bytes, `${gpu.bytes} bytes, ${bytes} before`);
  },
);
