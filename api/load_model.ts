/**
 * Loading a model of either kind.
 *
 * @module
 */
import { readJson } from "../src/checkpoint/json.ts";
import { openSource } from "../src/checkpoint/open_source.ts";
import type { CheckpointSource } from "../src/checkpoint/source.ts";
import { isEncoderJson } from "../src/model/config/keys/tables.ts";
import { Decoder } from "./decoder.ts";
import { Encoder } from "./encoder.ts";
import { checkLoading, type LoadOptions } from "./load.ts";

/**
 * Loads a decoder or an encoder, as the `model_type` of its `config.json` says.
 *
 * Throws as {@link Decoder.load} and {@link Encoder.load} do.
 *
 * ```ts ignore
 * await using model = await loadModel("models/stories-mor");
 * if (model instanceof Decoder) for await (const { text } of model.generate("Once upon a time")) console.log(text);
 * ```
 */
export async function loadModel(source: CheckpointSource, options: LoadOptions = {}): Promise<Decoder | Encoder> {
  checkLoading(options);
  const json = await readJson(openSource(source, { signal: options.signal }));
  return await (isEncoderJson(json) ? Encoder.load(source, options) : Decoder.load(source, options));
}
