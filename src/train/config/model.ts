/**
 * The `model` of a training configuration: a config.json in which a misspelt key is an error too.
 *
 * @module
 */
import { decoderJson, parseDecoderConfig } from "../../model/decoder_json.ts";
import { encoderJson, parseEncoderConfig } from "../../model/encoder_json.ts";
import { type Fields, type Json, nearest } from "../../model/fields.ts";
import type { TrainedModel } from "./config.ts";

/** Keys of published files that say nothing about the model's numbers. */
const DESCRIPTIVE = [
  ...["_name_or_path", "architectures", "auto_map", "dtype", "torch_dtype", "transformers_version"],
  ...["use_cache", "initializer_range", "attention_dropout", "pretraining_tp", "unk_token_id"],
];

/** Reads a model: a decoder for next tokens, an encoder for masked ones. Throws a RangeError that names the key. */
export function readModel(fields: Fields | undefined, objective: "next_token" | "masked"): TrainedModel {
  if (!fields) throw new RangeError("Cannot read the configuration: training.model is missing");
  const asked = new Set<string>();
  const json: Json = new Proxy({ ...fields.json }, {
    get: (target, key) => (asked.add(String(key)), Reflect.get(target, key)),
  });
  const model: TrainedModel = objective === "next_token"
    ? { kind: "decoder", config: parseDecoderConfig(json) }
    : { kind: "encoder", config: parseEncoderConfig(json) };
  const known = new Set([...asked, ...Object.keys(modelJson(model)), ...DESCRIPTIVE]);
  const wrong = Object.keys(fields.json).find((key) => !known.has(key));
  if (wrong === undefined) return model;
  throw new RangeError(
    `Cannot read the configuration: ${fields.path}.${wrong} is unknown, the nearest known key is ${
      nearest(wrong, known)
    }`,
  );
}

/** The config.json of a model. */
export function modelJson(model: TrainedModel): Record<string, unknown> {
  return model.kind === "decoder" ? decoderJson(model.config) : encoderJson(model.config);
}
