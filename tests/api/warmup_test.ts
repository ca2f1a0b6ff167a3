/** After a warm-up no pipeline is compiled any more, and results are the same. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Decoder, Encoder, openDevice, type WarmupOptions } from "../../mod.ts";
import type { WebGpuDevice } from "../../kernels/mod.ts";
import { own } from "../support/device.ts";
import { gpuTest } from "../support/gpu.ts";

const folder = (name: string) => new URL(`../../models/${name}`, import.meta.url);
const prompt = "Once upon a time there was a little girl who liked to play with her dog in the garden. One day ";

/** The progress of a warm-up, which has to count up to all. */
async function warm(model: Decoder | Encoder): Promise<number> {
  const seen: number[] = [];
  let all = 0;
  await model.warmup({ onProgress: ({ compiled, total }) => (seen.push(compiled), all = total) });
  assertEquals(seen, Array.from({ length: all }, (_, i) => i + 1));
  return all;
}

/** Pipelines that a device compiled during some work. */
async function compiledBy(device: WebGpuDevice, work: () => Promise<unknown>): Promise<string[]> {
  const before = new Set(device.pipelines.modules);
  await work();
  return device.pipelines.modules.filter((module) => !before.has(module)).map((module) => module.split("\n", 1)[0]);
}

gpuTest("Decoder.warmup compiles all that generation needs, whatever the prompt and the options", async (gpu) => {
  await using device = own(gpu);
  await using decoder = await Decoder.load(folder("stories-mor"), { device });
  const generate = async (text: string, options = {}) => {
    const pieces = [];
    for await (const piece of decoder.generate(text, { maxNewTokens: 6, ...options })) pieces.push(piece);
    return pieces;
  };
  const total = await warm(decoder);
  assert(total > 20 && device.pipelines.modules.length === total, `${total} pipelines`);
  for (const text of ["O", "Once", "Once upon a time", prompt, prompt.repeat(3), prompt.repeat(12)]) {
    assertEquals(await compiledBy(device, () => generate(text)), []);
  }
  const options = { temperature: 1, topP: 0.9, repetitionPenalty: 1.2, seed: 3 };
  assertEquals(await compiledBy(device, () => generate(prompt, options)), []);
  assertEquals(await warm(decoder), 0);
  await using cold = await Decoder.load(folder("stories-mor"), { device: own(gpu) });
  const pieces = [];
  for await (const piece of cold.generate(prompt, { maxNewTokens: 6 })) pieces.push(piece);
  assertEquals(await generate(prompt), pieces);
});

gpuTest("Engine.warmup compiles all that its requests need, however many there are", async (gpu) => {
  await using device = own(gpu);
  await using decoder = await Decoder.load(folder("stories-mor"), { device });
  await using engine = await decoder.engine({ slots: 6, cacheBytes: 8e6 });
  let all = 0;
  await engine.warmup({ onProgress: ({ total }) => all = total });
  assert(all > 20, `${all} pipelines`);
  const serve = async (text: string) => {
    for await (const _ of engine.submit(text, { maxNewTokens: 9, repetitionPenalty: 1.1 }));
  };
  const texts = ["O", "Once upon", prompt, prompt.repeat(2), prompt.repeat(3), "The", "A cat", prompt];
  assertEquals(await compiledBy(device, () => Promise.all(texts.map(serve))), []);
});

gpuTest("Encoder.warmup compiles all that vectors and masks of a text need", async (gpu) => {
  await using device = own(gpu);
  await using encoder = await Encoder.load(folder("stories-modernalbert"), { device });
  assert(await warm(encoder) > 10);
  for (const text of ["A cat.", prompt, prompt.repeat(4)]) {
    assertEquals(await compiledBy(device, () => encoder.encode([text])), []);
    assertEquals(await compiledBy(device, () => encoder.fill(`${text}[MASK]`)), []);
  }
});

gpuTest(
  "a warm-up ends by its signal, after an error of the device, and does nothing on the reference",
  async (gpu) => {
    await using device = own(gpu);
    await using decoder = await Decoder.load(folder("stories-mor"), { device });
    const stop = new AbortController();
    const options: WarmupOptions = { signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) };
    await assertRejects(() => decoder.warmup(options), Error, "enough");
    await assertRejects(() => decoder.warmup(options), Error, "enough");
    await using reference = await openDevice("reference");
    await using plain = await Decoder.load(folder("stories-mor"), { device: reference });
    await plain.warmup({ onProgress: () => assert(false) });
  },
);
