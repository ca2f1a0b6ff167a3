/** What the demo runs: a text, a tokenizer made from it, and two small models with random weights. */
import type { HostTensor } from "../../src/device.ts";
import { sizeOf } from "../../src/op.ts";
import { parseDecoderConfig } from "../../src/model/decoder_json.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import { parseEncoderConfig } from "../../src/model/encoder_json.ts";
import { type EncoderParams, encoderSchema } from "../../src/model/encoder_schema.ts";
import { mapParams } from "../../src/model/parameters.ts";
import { normals } from "../../src/random.ts";
import type { Tokenizer } from "../../src/run/tokenizer.ts";

/** How "Alice's Adventures in Wonderland" begins (Lewis Carroll, 1865). */
export const TEXT =
  "Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do: " +
  "once or twice she had peeped into the book her sister was reading, but it had no pictures or conversations in it, " +
  "“and what is the use of a book,” thought Alice, “without pictures or conversations?”";

const BYTES = 256;

/** Words of a text as tokens, after the 256 bytes that everything else is written with. */
export function wordTokenizer(text: string): Tokenizer & { readonly size: number } {
  const split = (text: string) => text.match(/ ?[\p{L}\p{N}]+| ?[^\s\p{L}\p{N}]+|\s/gu) ?? [];
  const words = [...new Set(split(text))];
  const ids = new Map(words.map((word, i) => [word, BYTES + i]));
  const utf8 = new TextEncoder();
  const bytesOf = (id: number) => id < BYTES ? [id] : [...utf8.encode(words[id - BYTES])];
  return {
    size: BYTES + words.length,
    encode: (text) => split(text).flatMap((word) => ids.get(word) ?? [...utf8.encode(word)]),
    decode: (ids) => new TextDecoder().decode(Uint8Array.from(ids.flatMap(bytesOf))),
  };
}

/**
 * Random weights under which routing spreads: matrices scaled by their width, LoRA B not zero. Fresh weights of a
 * training run would not do: their routers score nearly 0 everywhere, and their experts are equal.
 */
function spreadWeights<P>(schema: unknown, seed: number): P {
  let index = 0;
  return mapParams(schema, ({ shape, init }): HostTensor => {
    const size = sizeOf(shape);
    if (init === "ones") return { shape, data: new Float32Array(size).fill(1) };
    return { shape, data: normals(seed + 7919 * index++, size, 1 / Math.sqrt(shape[shape.length - 1])) };
  }) as P;
}

/** A Mixture-of-Recursions decoder, expert-choice over 1 + 2×3 + 1 layers, with experts in both shared layers. */
export function demoDecoder(V: number, seed = 1) {
  const config = parseDecoderConfig({
    model_type: "mor",
    hidden_size: 128,
    intermediate_size: 352,
    vocab_size: V,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    num_hidden_layers: 8,
    max_position_embeddings: 256,
    recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert" },
    mol: { layers: [1, 2], num_experts: 4, top_k: 2, lora_rank: 8, lora_alpha: 16 },
  });
  return { config, params: spreadWeights<DecoderParams<HostTensor>>(decoderSchema(config), seed) };
}

/** ModernALBERT-tiny with every width divided by six, and fewer groups: 6 layers in groups of 2. */
export function demoEncoder(V: number, seed = 2) {
  const config = parseEncoderConfig({
    model_type: "modernalbert",
    hidden_size: 128,
    intermediate_size: 192,
    expert_intermediate_size: 448,
    embedding_size: 32,
    vocab_size: V,
    num_attention_heads: 4,
    num_hidden_layers: 6,
    group_depth: 2,
    num_expert_modules: 2,
    num_experts: 4,
    top_k: 1,
    lora_rank: 8,
    lora_alpha: 16,
    max_position_embeddings: 256,
  });
  return { config, params: spreadWeights<EncoderParams<HostTensor>>(encoderSchema(config), seed) };
}
