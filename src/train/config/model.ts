/**
 * The `model` of a training configuration: a config.json whose unknown keys are errors.
 *
 * @module
 */
import { decoderJson, parseDecoderConfig } from "../../model/config/decoder_json.ts";
import { encoderJson, parseEncoderConfig } from "../../model/config/encoder_json.ts";
import type { Fields } from "../../model/config/fields.ts";
import type { TrainedModel } from "./config.ts";

/** Reads a model: a decoder for next tokens, an encoder for masked ones. Throws a RangeError that names the key. */
export function readModel(fields: Fields | undefined, objective: "next_token" | "masked"): TrainedModel {
  if (!fields) throw new RangeError("Cannot read the configuration: training.model is missing");
  const { json, path, action } = fields;
  const how = { path, action, strict: true };
  return objective === "next_token"
    ? { kind: "decoder", source: json, config: parseDecoderConfig(json, how) }
    : { kind: "encoder", source: json, config: parseEncoderConfig(json, how) };
}

/** The config.json of a model, with the keys of the source that carry no meaning for it. */
export function modelJson({ kind, config, source }: TrainedModel): Record<string, unknown> {
  return kind === "decoder" ? decoderJson(config, source) : encoderJson(config, source);
}
