/**
 * sentence-transformers folders in memory: a small encoder with a tokenizer, and modules as others write them.
 *
 * @module
 */
import { encodeSafetensors, type TensorToWrite } from "../../src/checkpoint/write.ts";
import { tensorsOf } from "../../src/checkpoint/save.ts";
import { nativeLayout } from "../../src/checkpoint/layout.ts";
import { encoderJson, parseEncoderConfig } from "../../src/model/config/encoder_json.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { normals } from "../../src/common/random.ts";
import { spreadWeights } from "./models.ts";
import { tokenizerFiles, V } from "./stories.ts";

/** Files by name: objects and lists are JSON, lists of tensors a file of them. */
export type Modules = Readonly<Record<string, Json | readonly Json[]>>;

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Tensors as a file. */
export async function safetensors(tensors: TensorToWrite[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob([...encodeSafetensors(tensors)]).arrayBuffer());
}

/** A list of modules, by class and folder, with the names of the older generation or of the newer one. */
export function moduleList(modules: readonly (readonly [type: string, path: string])[], newer = false): Json[] {
  const prefix = (type: string) => {
    if (!newer) return "sentence_transformers.models.";
    if (type === "Pooling") return "sentence_transformers.sentence_transformer.modules.pooling.";
    return `sentence_transformers.base.modules.${type.toLowerCase()}.`;
  };
  return modules.map(([type, path], idx) => ({ idx, name: String(idx), path, type: prefix(type) + type }));
}

/** A linear projection's tensors, [O, I] and [O]. */
export function denseTensors(O: number, I: number, seed = 3): TensorToWrite[] {
  return [
    { name: "linear.weight", shape: [O, I], data: normals(seed, O * I) },
    { name: "linear.bias", shape: [O], data: normals(seed + 1, O) },
  ];
}

const sizes = {
  model_type: "modernbert",
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 2,
  num_hidden_layers: 3,
  vocab_size: V,
  max_position_embeddings: 64,
};

/** An encoder of 16 numbers without head, its tensors without prefix, its tokenizer, and modules. */
export async function sentenceFolder(modules: Modules, weights: Record<string, Uint8Array> = {}) {
  const config = parseEncoderConfig(sizes);
  const schema = encoderSchema(config);
  const tensors = tensorsOf(schema, spreadWeights(schema, 5), nativeLayout, "a folder")
    .filter(({ name }) => name.startsWith("model."))
    .map((tensor) => ({ ...tensor, name: tensor.name.slice("model.".length) })); // as base models are written
  const tokenizer = Object.entries(tokenizerFiles()).map(([name, [bytes]]) => [name, bytes] as const);
  return {
    "config.json": json(encoderJson(config)),
    "model.safetensors": await safetensors(tensors),
    ...Object.fromEntries(tokenizer),
    ...Object.fromEntries(Object.entries(modules).map(([name, value]) => [name, json(value)])),
    ...weights,
  } as Record<string, Uint8Array>;
}
