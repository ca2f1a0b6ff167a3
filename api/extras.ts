/**
 * What models do beyond inference: fresh weights, presets, warming up, scores, saving. One module, loaded on demand, so
 * that bundles of inference stay small and in few files.
 *
 * @module
 */
import { decoderPreset as decoderSizes, encoderPreset as encoderSizes } from "../src/model/config/presets.ts";
import { type DecoderConfig, decoderWords, type EncoderConfig, encoderWords } from "./config.ts";

export { perplexity } from "../src/infer/score/perplexity.ts";
export { score } from "../src/infer/score/score.ts";
export { warmDecoder, warmEncoder } from "../src/infer/warmup.ts";
export { initialize } from "../src/model/init.ts";
export { saveModel, WEIGHT_DTYPES } from "../src/checkpoint/save.ts";
export { savedFiles } from "./save.ts";

/**
 * A decoder's configuration by preset name. Throws a RangeError that names the nearest preset.
 *
 * ```ts
 * import { decoderPreset } from "@refrain/transformers";
 * decoderPreset("mor-360m-3").recursion?.numRecursions; // 3
 * ```
 */
export const decoderPreset = (name: string): DecoderConfig => decoderWords(decoderSizes(name));

/** An encoder's configuration by preset name. Throws a RangeError that names the nearest preset. */
export const encoderPreset = (name: string): EncoderConfig => encoderWords(encoderSizes(name));
