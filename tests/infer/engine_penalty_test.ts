/** Repetition penalties in an engine: tokens equal those of `generate`; requests without a penalty are unaffected. */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { Device, HostTensor } from "../../src/op/device.ts";
import type { Json } from "../../src/model/config/fields.ts";
import type { Inputs, Op, Outputs } from "../../src/op/op.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { WebGpuDevice } from "../../kernels/mod.ts";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { assertDefined } from "../support/definition.ts";
import { kinds, serve, whole } from "../support/engine.ts";
import { gpuTest } from "../support/gpu.ts";
import { decoderOn, someIds } from "../support/models.ts";

const penalty = { repetitionPenalty: 1.7 };

const prompts = Array.from({ length: 9 }, (_, i) => someIds(i + 1, 1 + (i * 7) % 30));

/** Every other request has a penalty, on reused slots; each request's tokens equal those of the request alone. */
async function served(device: Device, kinds: readonly Json[]): Promise<void> {
  for (const [k, json] of kinds.entries()) {
    const model = decoderOn(device, json, 6);
    const options = { maxNewTokens: 12, temperature: k % 2, seed: 5 };
    await using engine = await Engine.open(model, { slots: 1 + k % 3 });
    const asked = prompts.map((prompt, b) => ({
      prompt,
      options: { ...options, seed: 5 + b, ...(b % 2 ? penalty : {}) },
    }));
    const served = await serve(engine, asked);
    const checked = device.kind === "reference" ? served : served.slice(0, 2); // a bound takes nine passes
    for (const [b, got] of checked.entries()) await assertDefined(model, asked[b], got);
    const without = await serve(
      engine,
      asked.map(({ prompt }, b) => ({ prompt, options: { ...options, seed: 5 + b } })),
    );
    assertNotEquals(served.filter((_, b) => b % 2), without.filter((_, b) => b % 2));
    assertEquals(served.filter((_, b) => b % 2 === 0), without.filter((_, b) => b % 2 === 0));
    model.dispose();
  }
}

Deno.test("engine: penalties count the tokens of the prompt and of the output, as `generate` does", async () => {
  await served(new ReferenceDevice(), kinds);
});

gpuTest("engine: penalties on the GPU", async (device) => await served(device, kinds.slice(2, 5)));

/** A device that counts calls of `count`, and lists the shapes of uploaded integer tensors. */
class Watched extends ReferenceDevice {
  counted = 0;
  readonly tables: string[] = [];
  override run<I extends string, O extends string, P>(op: Op<I, O, P>, inputs: Inputs<I, RefTensor>, params: P) {
    if (op.name === "count") this.counted++;
    return super.run(op, inputs, params) as Outputs<O, RefTensor>;
  }
  override from(host: HostTensor): RefTensor {
    if (host.data instanceof Int32Array) this.tables.push(`${host.shape}`);
    return super.from(host);
  }
}

Deno.test("engine: `count` runs only while a request with a penalty decodes, and other outputs are bit-identical", async () => {
  const device = new Watched();
  await using engine = await Engine.open(decoderOn(device, kinds[2], 6), { slots: 2 });
  const one = { prompt: someIds(4, 5), options: { maxNewTokens: 20, temperature: 1, seed: 2 } };
  const two = { prompt: someIds(5, 9), options: { maxNewTokens: 5, ...penalty } };
  const tables = () => device.tables.filter((shape) => shape === "2,29").length;
  const [quiet] = await serve(engine, [one]);
  assertEquals([device.counted, tables()], [0, 0]);
  const [beside] = await serve(engine, [one, two]);
  assertEquals([beside, tables()], [quiet, 1]);
  const { counted } = device;
  assert(counted >= 5, `${counted} steps counted`);
  assertEquals(await serve(engine, [one]), [quiet]);
  assertEquals([device.counted, tables()], [counted, 1]);
});

gpuTest(
  "engine: submit refuses a penalty whose counts exceed the binding limit; other requests are served",
  async (gpu) => {
    const device = new WebGpuDevice(gpu.device, { ...gpu.adapter, maxBindingBytes: 2 ** 16 });
    const model = decoderOn(device, { vocab_size: 600 });
    await using engine = await Engine.open(model, { slots: 32, maxBatch: 8, cacheBytes: 2 ** 15 });
    const message = "Cannot generate: a repetition penalty counts 600 tokens in each of 32 slots " +
      "(Cannot copy a tensor [32,600] to the GPU: 76800 bytes, this adapter binds 65536 at most)";
    for (let i = 0; i < 2; i++) assertThrows(() => engine.submit([1], penalty), RangeError, message);
    assertEquals((await whole(engine.submit([1], { maxNewTokens: 3, repetitionPenalty: 1 }))).tokens.length, 3);
  },
);
