/**
 * The files of a saved model.
 *
 * @module
 */
import { fileSystem, isMissing } from "../src/checkpoint/host.ts";
import { carriedFiles, type SavedModel } from "../src/checkpoint/save.ts";
import type { Source } from "../src/checkpoint/source.ts";
import { DecoderModel } from "../src/infer/decoder.ts";
import type { EncoderModel } from "../src/infer/encoder.ts";
import { decoderJson } from "../src/model/config/decoder_json.ts";
import { encoderJson } from "../src/model/config/encoder_json.ts";
import type { Json } from "../src/model/config/fields.ts";
import { decoderSchema } from "../src/model/decoder_schema.ts";
import { encoderSchema } from "../src/model/encoder_schema.ts";

/** Throws where readers of a folder would follow an index of shards instead of the file that is to be written. */
async function refuseIndex(folder: string): Promise<void> {
  try {
    for (const name of await fileSystem(`save ${folder}`).names(folder)) {
      if (!name.endsWith(".safetensors.index.json")) continue;
      throw new Error(`Cannot save ${folder}: readers would follow its ${name}; remove that file first`);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Configuration and schema of an encoder; one without a head is written without one. */
function encoderForm({ config, hasHead }: EncoderModel, given: Json): Pick<SavedModel, "json" | "schema"> {
  const json = encoderJson(config, given), schema = encoderSchema(config);
  if (hasHead) return { json, schema };
  const architectures = (json.architectures as string[]).map((name) => name.replace("ForMaskedLM", "Model"));
  return { json: { ...json, architectures }, schema: { ...schema, head: {} } };
}

/** What is written of a model that was read from a source, with the weights that it has now. */
export async function savedFiles(
  folder: string,
  model: DecoderModel | EncoderModel,
  given: Json,
  source?: Source,
): Promise<SavedModel> {
  await refuseIndex(folder);
  const form = model instanceof DecoderModel
    ? { json: decoderJson(model.config, given), schema: decoderSchema(model.config) }
    : encoderForm(model, given);
  return { ...form, params: await model.weights(), extraFiles: source && await carriedFiles(source) };
}
