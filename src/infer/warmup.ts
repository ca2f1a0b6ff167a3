/**
 * Compiling what a model's first calls need before they are made.
 *
 * @module
 */
import type { Tensor } from "../op/op.ts";
import { DecoderModel } from "./decoder.ts";
import type { EncoderModel } from "./encoder.ts";
import { generate } from "./generate.ts";
import { rehearse, warmLengths, type WarmupOptions } from "./rehearse.ts";

/** Compiles what generating from one prompt needs. Throws where the model was disposed, or a pipeline is refused. */
export async function warmDecoder<T extends Tensor>(model: DecoderModel<T>, options: WarmupOptions): Promise<void> {
  model.check("warm up");
  const { config, params, tokenizer } = model;
  await rehearse(model.device, options, async function* (device) {
    const shadow = new DecoderModel(device, config, params, tokenizer);
    for (const length of warmLengths(config.maxPositions)) {
      const prompt = new Array<number>(length).fill(0);
      for (const repetitionPenalty of [1, 1.1]) {
        for await (const _ of generate(shadow, prompt, { maxNewTokens: 2, repetitionPenalty })) yield;
      }
      yield;
    }
  });
}

/** Compiles what vectors, hidden states and, with a head, masks of one text need. Throws as {@link warmDecoder} does. */
export async function warmEncoder<T extends Tensor>(model: EncoderModel<T>, options: WarmupOptions): Promise<void> {
  const { config, tokenizer, hasHead } = model;
  await rehearse(model.device, options, async function* (device) {
    const shadow = model.on(device), mask = hasHead ? tokenizer?.mask?.text : undefined;
    for (const length of warmLengths(config.maxPositions)) {
      const ids = new Array<number>(length).fill(0);
      await shadow.forward([ids]);
      yield;
      await shadow.pooled([ids]);
      yield;
      if (mask !== undefined && length > 2) await shadow.logitsAt(ids, [0]);
      yield;
    }
  });
}
