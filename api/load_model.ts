/**
 * Loading a model of either kind.
 *
 * @module
 */
import { readJson } from "../src/checkpoint/json.ts";
import type { CheckpointSource } from "../src/checkpoint/source.ts";
import { isEncoderJson } from "../src/model/config/keys/tables.ts";
import { type Decoder, loadDecoder } from "./decoder.ts";
import { type Encoder, loadEncoder } from "./encoder.ts";
import { loading, type LoadOptions } from "./load.ts";

/**
 * Loads a decoder or an encoder, as the `model_type` of its `config.json` says, from a folder, a URL, a model of the Hub, or
 * files in memory (docs/loading.md).
 *
 * Throws as {@link Decoder.load} and {@link Encoder.load} do.
 *
 * ```ts ignore
 * await using model = await loadModel("models/stories-mor");
 * if (model instanceof Decoder) for await (const { text } of model.generate("Once upon a time")) console.log(text);
 * ```
 */
export async function loadModel(source: CheckpointSource, options: LoadOptions = {}): Promise<Decoder | Encoder> {
  return await loading<Decoder | Encoder>(source, options, async (place) => {
    const load = isEncoderJson(await readJson(place.source)) ? loadEncoder : loadDecoder;
    return await load(place, options);
  });
}
