/**
 * How fast a small trained Llama, stories260k, is decoded: by `generate`, and by an engine that stays open.
 *
 * @module
 */
import { openDecoder } from "../../src/checkpoint/open.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { generate } from "../../src/infer/generate.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import type { GpuTensor, WebGpuDevice } from "../../kernels/mod.ts";
import type { Bar } from "./bars.ts";
import { median } from "../support/median.ts";

/** Its name. */
export const SMALL_MODEL = "stories260k";

const FOLDER = new URL(`../../tests/golden/${SMALL_MODEL}/`, import.meta.url).pathname;

/** New tokens of a sequence; it has 512 positions. */
const TOKENS = 256;

/** Tokens per second to reach on two cores, by batch. */
const BARS = new Map([[1, 300], [32, 5000]]);

async function generated(model: DecoderModel<GpuTensor>, B: number): Promise<void> {
  const prompts = Array.from({ length: B }, () => [1]);
  for await (const _ of generate(model, prompts, { maxNewTokens: TOKENS, temperature: 1 }));
}

async function engine(model: DecoderModel<GpuTensor>, B: number): Promise<() => Promise<void>> {
  const opened = await Engine.open(model, { slots: B });
  const one = async (seed: number) => {
    for await (const _ of opened.submit([1], { maxNewTokens: TOKENS, temperature: 1, seed }));
  };
  return async () => void await Promise.all(Array.from({ length: B }, (_, seed) => one(seed)));
}

/** Measures both ways at both batches in turns. */
export async function stories(device: WebGpuDevice, rounds: number, progress: (line: string) => void): Promise<Bar[]> {
  const { config, params } = await openDecoder(FOLDER);
  const model = new DecoderModel(device, { ...config, eos: [] }, params);
  const runs: { what: string; bar: number; B: number; run: () => Promise<void>; rates: number[] }[] = [];
  for (const [B, bar] of BARS) {
    runs.push({ what: `${SMALL_MODEL} by generate, batch ${B}`, bar, B, run: () => generated(model, B), rates: [] });
    runs.push({ what: `${SMALL_MODEL} by an engine, batch ${B}`, bar, B, run: await engine(model, B), rates: [] });
  }
  for (let round = 0; round <= rounds; round++) {
    for (const { what, B, run, rates } of runs) {
      progress(`${round ? `round ${round} of ${rounds}` : "warming up"}: ${what}`);
      const started = performance.now();
      await run();
      if (round) rates.push(1000 * B * TOKENS / (performance.now() - started));
    }
  }
  return runs.map(({ what, bar, rates }) => ({ what: `${what}, tokens/s`, value: median(rates), bar: [">=", bar] }));
}
