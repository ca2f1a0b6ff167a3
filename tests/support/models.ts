/**
 * Small models for laws: configurations from a few words, weights scaled so that routing spreads.
 *
 * @module
 */
import type { Device, HostTensor } from "../../src/op/device.ts";
import type { DecoderConfig } from "../../src/model/config/config.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import type { EncoderConfig } from "../../src/model/config/encoder_config.ts";
import { parseEncoderConfig } from "../../src/model/config/encoder_json.ts";
import { type EncoderParams, encoderSchema } from "../../src/model/encoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { mapParams } from "../../src/model/parameters.ts";
import { sizeOf } from "../../src/op/op.ts";
import { normals } from "../../src/common/random.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";

/** A decoder of 8 layers (1 + 2×3 + 1), D 16, with the given fields on top. */
export function smallDecoder(json: Json = {}): DecoderConfig {
  return parseDecoderConfig({
    hidden_size: 16,
    intermediate_size: 24,
    vocab_size: 29,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    num_hidden_layers: 8,
    max_position_embeddings: 64,
    ...json,
  });
}

/** Keys that ModernBERT does not have. */
const ALBERT_ONLY = [
  ...["expert_intermediate_size", "embedding_size", "group_depth", "num_expert_modules", "num_experts", "top_k"],
  ...["lora_rank", "lora_alpha"],
];

/**
 * An encoder of 4 layers, D 16, with the given fields on top: in 2 groups, the second with experts, unless it is a
 * ModernBERT.
 */
export function smallEncoder(json: Json = {}): EncoderConfig {
  const all: Json = {
    hidden_size: 16,
    intermediate_size: 24,
    expert_intermediate_size: 20,
    embedding_size: 8,
    vocab_size: 31,
    num_attention_heads: 2,
    num_hidden_layers: 4,
    group_depth: 2,
    num_expert_modules: 1,
    num_experts: 3,
    top_k: 2,
    lora_rank: 2,
    lora_alpha: 4,
    max_position_embeddings: 64,
    ...json,
  };
  const plain = json.model_type === "modernbert";
  return parseEncoderConfig(
    Object.fromEntries(Object.entries(all).filter(([key]) => !(plain && ALBERT_ONLY.includes(key)))),
  );
}

/** Weights of any schema: matrices scaled by their fan-in, norms near one, so that routers and experts really choose. */
export function spreadWeights<P>(schema: unknown, seed: number): P {
  let index = 0;
  return mapParams(schema, ({ shape, init }): HostTensor => {
    const scale = init === "ones" ? 0.1 : 1 / Math.sqrt(shape[shape.length - 1]);
    const data = normals(seed + 7919 * index++, sizeOf(shape), scale);
    return { shape, data: init === "ones" ? data.map((value) => 1 + value) : data };
  }) as P;
}

/** A small decoder on a device. */
export function decoderOn(device: Device, json: Json = {}, seed = 1, change = (p: DecoderParams<HostTensor>) => p) {
  const config = smallDecoder(json);
  return new DecoderModel(device, config, change(spreadWeights(decoderSchema(config), seed)));
}

/** A small encoder on a device. */
export function encoderOn(device: Device, json: Json = {}, seed = 1, change = (p: EncoderParams<HostTensor>) => p) {
  const config = smallEncoder(json);
  return new EncoderModel(device, config, change(spreadWeights(encoderSchema(config), seed)));
}

/** Ids below V from a seed. */
export function someIds(seed: number, count: number, V = 29): number[] {
  return Array.from(normals(seed, count), (value) => Math.floor(Math.abs(value) * 1e4) % V);
}

/** The largest difference between two lists of numbers. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} numbers against ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}
