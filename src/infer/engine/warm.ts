/**
 * Compiling what an engine needs before its first request.
 *
 * @module
 */
import type { Tensor } from "../../op/op.ts";
import { DecoderModel } from "../decoder.ts";
import { rehearse, warmLengths, type WarmupOptions } from "../rehearse.ts";
import type { TextEngine } from "./api.ts";

/**
 * Compiles what an engine needs; `open` makes the same engine of a model on a device that runs nothing.
 *
 * Throws where the model was disposed, or a pipeline is refused.
 */
export async function warmEngine<T extends Tensor>(
  model: DecoderModel<T>,
  tokens: number,
  open: (model: DecoderModel<T>) => Promise<TextEngine & { close(): Promise<void> }>,
  options: WarmupOptions,
): Promise<void> {
  model.check("warm up");
  const { device, config, params, tokenizer } = model;
  await rehearse(device, options, async function* (device) {
    const engine = await open(new DecoderModel(device, config, params, tokenizer));
    for (const length of warmLengths(Math.min(config.maxPositions, tokens))) {
      const prompt = new Array<number>(length).fill(0);
      for (const repetitionPenalty of [1, 1.1]) {
        for await (const _ of engine.submit(prompt, { maxNewTokens: 2, repetitionPenalty })) yield;
      }
      yield;
    }
    await engine.close();
  });
}
