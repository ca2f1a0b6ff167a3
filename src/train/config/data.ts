/**
 * The `data` of a training configuration.
 *
 * @module
 */
import { Fields, type Json } from "../../model/config/fields.ts";
import type { DataConfig, TextSource } from "./config.ts";
import { fallbackOf } from "./keys.ts";

/** Options of reading a configuration. */
export interface ConfigOptions {
  /** Resolves a path of the configuration; it is not called for names of packages. */
  readonly resolve: (path: string) => string;
}

/** Reads texts and batch sizes. Throws a RangeError that names the key. */
export function readData(fields: Fields, { resolve }: ConfigOptions): DataConfig {
  fields.check(fields.has("train"), () => `${fields.path}.train is missing`);
  fields.check(fields.has("tokenizer"), () => `${fields.path}.tokenizer is missing`);
  const text = (key: "end_of_text" | "mask_token" | "begin_token" | "end_token") =>
    fields.json[key] === false ? undefined : fields.text(key) ?? fallbackOf(`data.${key}`);
  const [begin, end] = [text("begin_token"), text("end_token")];
  const [endOfText, mask] = [text("end_of_text"), text("mask_token")];
  fields.check(Boolean(endOfText && mask), () => `${fields.path}.end_of_text and mask_token cannot be left out`);
  return {
    train: readSources(fields, "train", resolve),
    heldOut: readHeldOut(fields, resolve),
    tokenizer: readTokenizer(fields, resolve),
    endOfText: endOfText!,
    marks: { mask: mask!, begin, end },
    T: fields.count("sequence_length"),
    B: fields.count("batch"),
    accumulate: fields.count("accumulate", fallbackOf("data.accumulate"), 256),
  };
}

function readHeldOut(fields: Fields, resolve: ConfigOptions["resolve"]): DataConfig["heldOut"] {
  if (fields.has("held_out") && typeof fields.json.held_out !== "number") {
    return { sources: readSources(fields, "held_out", resolve) };
  }
  const limits = { fraction: true, least: Number.MIN_VALUE, most: 0.9 };
  return { share: fields.number("held_out", fallbackOf("data.held_out"), limits) };
}

function readTokenizer(fields: Fields, resolve: ConfigOptions["resolve"]): DataConfig["tokenizer"] {
  if (typeof fields.json.tokenizer === "string") return { path: resolve(fields.text("tokenizer")!) };
  const tokenizer = fields.object("tokenizer")!;
  const size = { train: tokenizer.count("train") };
  tokenizer.noOthers();
  return size;
}

function readSources(fields: Fields, key: "train" | "held_out", resolve: ConfigOptions["resolve"]): TextSource[] {
  const value = fields.json[key];
  const list = Array.isArray(value) ? value : [value];
  fields.check(list.length > 0, () => `${fields.path}.${key} is empty`);
  return list.map((item, i) => readSource(item, `${fields.path}.${key}[${i}]`, resolve));
}

function readSource(item: unknown, path: string, resolve: ConfigOptions["resolve"]): TextSource {
  const fields = new Fields(typeof item === "string" ? { from: item } : item as Json, path);
  const from = fields.text("from");
  fields.check(from !== undefined, () => `${path}.from is missing`);
  const documents = fields.has("documents") ? readDocuments(fields) : undefined;
  fields.noOthers();
  return { from: /^(?:npm|apt):/.test(from!) ? from! : resolve(from!), ...(documents && { documents }) };
}

function readDocuments(fields: Fields): TextSource["documents"] {
  const words = ["file", "blank-lines", "lines"] as const;
  if (typeof fields.json.documents === "string") return fields.choice("documents", words, "file");
  const documents = fields.object("documents")!;
  const [separator, field] = [documents.text("separator"), documents.text("field")];
  documents.noOthers();
  documents.check(
    (separator === undefined) !== (field === undefined),
    () => `${documents.path} is neither one of ${words.join(", ")} nor {"separator"} nor {"field"}`,
  );
  return separator !== undefined ? { separator } : { field: field! };
}
