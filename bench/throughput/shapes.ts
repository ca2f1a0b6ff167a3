/**
 * What is compared: models of one shape, and how many sequences each has in flight.
 *
 * @module
 */
import { openDecoder } from "../../src/checkpoint/open.ts";
import type { HostTensor } from "../../src/op/device.ts";
import type { DecoderConfig } from "../../src/model/config/config.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import type { DecoderParams } from "../../src/model/decoder_schema.ts";
import type { Json } from "../../src/model/config/fields.ts";

/** Models that differ in their recursions only. */
export interface Shape {
  /** Widths, heads and vocabulary. */
  readonly json: Json;
  /** Unrolled layers by recursions: those of the MoR variants, and of the vanilla model that each is compared with. */
  readonly layers: Readonly<Record<number, number>>;
  /** Tokens of a window, unless asked for otherwise. */
  readonly tokens: number;
}

/** Shapes by name; `135m` is that of SmolLM, its layers enlarged for N as in the paper (docs/mor.md, "Base layer"). */
export const SHAPES: Readonly<Record<string, Shape>> = {
  small: {
    json: {
      hidden_size: 256,
      intermediate_size: 768,
      vocab_size: 2048,
      num_attention_heads: 4,
      num_key_value_heads: 2,
    },
    layers: { 2: 34, 3: 32, 4: 34 },
    tokens: 768,
  },
  "135m": {
    json: {
      hidden_size: 576,
      intermediate_size: 1536,
      vocab_size: 49152,
      num_attention_heads: 9,
      num_key_value_heads: 3,
    },
    layers: { 2: 30, 3: 32, 4: 34 },
    tokens: 256,
  },
};

/** Lengths of requests, in tokens. */
export interface Lengths {
  /** Of every prompt. */
  readonly prompt: number;
  /** Of an output: mean and standard deviation. */
  readonly output: readonly [number, number];
  /** Of a sequence at most. */
  readonly most: number;
}

/** Normal(256, 64) new tokens, scaled down; the most divides by the pages of all caches, 8·N. */
export function lengthsAt(scale: number, prompt: number): Lengths {
  return { prompt, output: [256 / scale, 64 / scale], most: 768 / scale };
}

/** One way to decode. */
export interface Variant {
  /** As printed, and as `--only` has it. */
  readonly name: string;
  /** The model. */
  readonly config: DecoderConfig;
  /** Number of slots. */
  readonly slots: number;
  /** Maximum number of rows of a call, equal for all variants; exited slots wait for a full call. */
  readonly maxBatch: number;
  /** Exited slots wait while at least this many slots are in the recursive block; `maxBatch`: only for full calls. */
  readonly exitBatch: number;
  /** Rows that deeper recursions have: their capacity of them, or all. */
  readonly depthCapacity: "all" | "capacity";
  /** Its weights, where they are not random. */
  readonly params?: DecoderParams<HostTensor>;
  /** Name of the vanilla variant with as many unrolled layers. */
  readonly vanilla: string;
}

/** The configuration of a shape with L layers and, with `recursion`, some of them reused. */
function configOf({ json }: Shape, L: number, most: number, recursion: Json = {}): DecoderConfig {
  return parseDecoderConfig({ ...json, num_hidden_layers: L, max_position_embeddings: most, recursion });
}

/**
 * Computes the batch size at the KV memory of B vanilla sequences: B·2N/(N+1), shared B·N (docs/mor.md, "Keys and
 * values").
 */
function largestBatch(B: number, N: number, kv: string): number {
  return kv === "share" ? B * N : Math.floor(2 * N * B / (N + 1));
}

/** All variants of a shape at batch B. */
export function variantsOf(shape: Shape, B: number, { most }: Lengths): Variant[] {
  const layers = Object.entries(shape.layers).map(([N, L]) => [Number(N), L]);
  const of = (name: string, config: DecoderConfig, slots = B, exitBatch = B): Variant => ({
    ...{
      name,
      config,
      slots,
      maxBatch: B,
      exitBatch,
      depthCapacity: config.recursion.routing === "expert" ? "capacity" : "all",
    },
    vanilla: `vanilla-${config.L}`,
  });
  const variants = [...new Set(Object.values(shape.layers))].map((L) => of(`vanilla-${L}`, configOf(shape, L, most)));
  const [N, L] = layers.at(-1)!;
  const sharing = { sharing: "middle_cycle", num_recursions: N };
  variants.push(of(`recursive-${N}`, configOf(shape, L, most, sharing)));
  for (const kv of ["recursion", "share"]) {
    for (const [N, L] of layers) {
      const recursion = { sharing: "middle_cycle", num_recursions: N, routing: "expert", kv };
      const config = configOf(shape, L, most, recursion), name = `mor-${N}${kv === "share" ? "-share" : ""}`;
      variants.push(of(name, config), of(`${name}-max`, config, largestBatch(B, N, kv)));
      if (N === layers.at(-1)![0] && kv === "recursion") variants.push(of(`${name}-waiting`, config, B, 1));
    }
  }
  return variants;
}

/** A trained model, also with batches that wait for their deepest token, beside a vanilla one of its shape with random weights. */
export async function variantsOfCheckpoint(folder: string, B: number, { most }: Lengths): Promise<Variant[]> {
  const { config: { mol, ...rest }, params } = await openDecoder(folder);
  const config = { ...rest, maxPositions: most }, vanilla = `vanilla-${config.L}`;
  const { sharing, N, routing, kv, auxiliary, bias } = parseDecoderConfig({
    ...{ hidden_size: config.D, intermediate_size: config.F, vocab_size: config.V },
    ...{ num_attention_heads: config.H, head_dim: config.K, num_hidden_layers: config.L },
  }).recursion;
  const plain = { ...config, recursion: { ...config.recursion, sharing, N, routing, kv, auxiliary, bias } };
  const common = { slots: B, maxBatch: B, depthCapacity: "all" as const, vanilla };
  const trained = { ...common, config: { ...config, mol }, params };
  return [
    { ...common, name: vanilla, config: plain, exitBatch: B },
    { ...trained, name: "trained", exitBatch: B },
    { ...trained, name: "trained-waiting", exitBatch: 1 },
  ];
}
