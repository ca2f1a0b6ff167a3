/**
 * Reads the keys of a training configuration that are more than a number or a word: model, texts, tokenizer, paths.
 *
 * @module
 */
import { show } from "../../common/words.ts";
import { decoderJson, parseDecoderConfig } from "../../model/config/decoder_json.ts";
import { encoderJson, parseEncoderConfig } from "../../model/config/encoder_json.ts";
import { Fields, type Json } from "../../model/config/fields.ts";
import type { ReadingOptions } from "../../model/config/keys/read.ts";
import { isEncoderJson } from "../../model/config/keys/tables.ts";
import { nearestPreset, presetJson } from "../../model/config/presets.ts";
import { readRows, type RowValues } from "../../model/config/row.ts";
import type { TextSource, TrainedModel, TrainingValues } from "./config.ts";
import { sampleKeys, type TrainingKey } from "./keys.ts";

/** Options of reading a configuration. */
export interface ConfigOptions {
  /** Resolves a path of the configuration; it is not called for names of packages. */
  readonly resolve: (path: string) => string;
  /** Whether a resolved path is known not to exist, or to hold no file of that name; nothing is checked unless given. */
  readonly lacks?: (path: string, name?: string) => boolean;
}

type Special = Exclude<TrainingKey["kind"], keyof RowValues | "word">;

/** Readers of a present value, by the kind of its key. */
export const specialReaders: {
  readonly [K in Special]: (
    fields: Fields,
    key: string,
    options: ConfigOptions,
    row: TrainingKey,
  ) => TrainingValues[K] | undefined;
} = {
  model: readModel,
  path: (fields, key, { resolve }) => {
    const path = fields.text(key);
    return path === undefined ? undefined : resolve(path);
  },
  checkpoint: (fields, key, options) => readFolder(fields, key, "config.json", options),
  token: (fields, key) => fields.value(key) === false ? false : fields.text(key),
  sources: readSources,
  heldOut: (fields, key, options, { least, most }) =>
    typeof fields.value(key) === "number"
      ? { share: fields.number(key, undefined, { fraction: true, least, most }) }
      : { sources: readSources(fields, key, options) },
  tokenizer: readTokenizer,
};

/** The model of a preset or of a config.json: an encoder by its model type, else a decoder. */
function readModel(fields: Fields, key: string): TrainedModel | undefined {
  const value = fields.value(key);
  if (typeof value === "string") {
    const json = presetJson(value);
    if (!json) {
      fields.fail(`${fields.path}.${key} is ${show(value)}, the nearest preset is ${nearestPreset(value)}`, key);
    }
    return json && parse(json, { path: `${fields.path}.${key}` });
  }
  const json = fields.object(key)?.json;
  return json && parse(json, { path: `${fields.path}.${key}`, strict: true, faults: fields.faults });
}

function parse(json: Json, how: ReadingOptions): TrainedModel {
  return isEncoderJson(json)
    ? { kind: "encoder", source: json, config: parseEncoderConfig(json, how) }
    : { kind: "decoder", source: json, config: parseDecoderConfig(json, how) };
}

/** The config.json of a model, with the keys of the source that carry no meaning for it. */
export function modelJson({ kind, config, source }: TrainedModel): Record<string, unknown> {
  return kind === "decoder" ? decoderJson(config, source) : encoderJson(config, source);
}

/** The path of a folder with a file of that name. */
function readFolder(fields: Fields, key: string, name: string, { resolve, lacks }: ConfigOptions): string | undefined {
  const given = fields.text(key), path = given === undefined ? undefined : resolve(given);
  if (path !== undefined && lacks?.(path, name)) {
    fields.fail(`${fields.path}.${key} is ${path}, where there is no ${name}`, key);
  }
  return path;
}

function readTokenizer(fields: Fields, key: string, options: ConfigOptions): TrainingValues["tokenizer"] | undefined {
  if (typeof fields.value(key) === "string") return { path: readFolder(fields, key, "tokenizer.json", options) ?? "" };
  const tokenizer = fields.object(key);
  if (!tokenizer) return undefined;
  const size = { train: tokenizer.count("train") };
  tokenizer.noOthers();
  return size;
}

function readSources(fields: Fields, key: string, options: ConfigOptions): TextSource[] {
  const value = fields.value(key);
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) fields.fail(`${fields.path}.${key} is empty`, key);
  return list.map((item, i) => {
    const path = Array.isArray(value) ? `${fields.path}.${key}[${i}]` : `${fields.path}.${key}`;
    return readSource(new Fields(asObject(item), path, fields.action, fields.faults), options);
  });
}

const asObject = (item: unknown) => (typeof item === "string" ? { from: item } : item) as Json;

function readSource(fields: Fields, { resolve, lacks }: ConfigOptions): TextSource {
  const from = fields.text("from");
  if (from === undefined) fields.fail(`${fields.path}.from is missing`, "from");
  const documents = fields.has("documents") ? readDocuments(fields) : undefined;
  const sampled = fields.object("sample");
  const sample = sampled && readRows(sampled, sampleKeys);
  sampled?.noOthers();
  fields.noOthers();
  const isPackage = /^(?:npm|apt):/.test(from ?? ""), path = isPackage ? from! : resolve(from ?? "");
  if (from !== undefined && !isPackage && !/[*?[{]/.test(path) && lacks?.(path, sample && "config.json")) {
    fields.fail(
      `${fields.path}.from is ${path}, where there is no ${sample ? "config.json" : "file or folder"}`,
      "from",
    );
  }
  return { from: path, ...(documents && { documents }), ...(sample && { sample }) };
}

function readDocuments(fields: Fields): TextSource["documents"] {
  const words = ["file", "blank-lines", "lines"] as const;
  if (typeof fields.value("documents") === "string") return fields.choice("documents", words, "file");
  const documents = fields.object("documents");
  if (!documents) return undefined;
  const [separator, field] = [documents.text("separator"), documents.text("field")];
  documents.noOthers();
  if ((separator === undefined) === (field === undefined)) {
    documents.fail(`${documents.path} is neither one of ${words.join(", ")} nor {"separator"} nor {"field"}`);
  }
  return separator !== undefined ? { separator } : { field: field! };
}
