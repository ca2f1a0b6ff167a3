/**
 * The decoder: embedding, layers (plain, shared, or routed), final norm. A vanilla Llama is the case of one recursion.
 *
 * @module
 */
import { type Backend, remat, type Tensor } from "../op/op.ts";
import { embed } from "../ops/embed.ts";
import { linear } from "../ops/linear.ts";
import { norm } from "../ops/norm.ts";
import type { Routed } from "../ops/router.ts";
import type { Block, Subset } from "./block.ts";
import type { DecoderCache } from "./cache.ts";
import type { DecoderConfig } from "./config/config.ts";
import type { DecoderParams } from "./decoder_schema.ts";
import type { Noise } from "./noise.ts";
import { expertChoice, type Recursed, type RecursionTrace, tokenChoice } from "./recursion.ts";
import { decoderStyle, UnrolledLayers } from "./unrolled.ts";
import { blockLayers, outerLayers } from "./config/sharing.ts";

/** What a decoder reads. */
export interface DecoderInputs<T> {
  /** Token ids, [M] i32. */
  readonly ids: T;
  /** Position of every token in its sequence, [M] i32. */
  readonly positions: T;
  /** Where sequences start, [B+1] i32. */
  readonly offsets: T;
  /** RoPE's cosines and sines, [T, K]. */
  readonly table: T;
  /** Rows that each recursion keeps, N × [B] i32: top-k selection as in training; absent: the causal threshold. */
  readonly capacity?: readonly T[];
  /** Whether those rows may be more than the configuration's capacities say (capacity warm-up). */
  readonly warming?: boolean;
  /** Keys and values of earlier rows; not together with `capacity`. */
  readonly cache?: DecoderCache<T>;
  /** Recursions of a routed model at most. */
  readonly maxDepth?: number;
  /** In training. */
  readonly noise?: Noise<T>;
}

/** One use of a layer that has experts. */
export interface ExpertUse<T> {
  /** Unique layer (decoder) or group (encoder). */
  readonly layer: number;
  /** Recursion of a routed block, from 0; the unrolled layer elsewhere. */
  readonly application: number;
  /** Rows that were routed. */
  readonly rows: Pick<Subset<T>, "offsets" | "rows">;
  /** How. */
  readonly routed: Routed<T>;
}

/** What a decoder computes. */
export interface DecoderOutputs<T> {
  /** After the final norm, [M, D]. */
  readonly hidden: T;
  /** What each recursion did; empty without routing. */
  readonly recursions: readonly RecursionTrace<T>[];
  /** Token-choice: logits and chosen depths. */
  readonly depths?: Recursed<T>["depths"];
  /** Every use of experts, in order. */
  readonly experts: readonly ExpertUse<T>[];
  /** With a cache: the rows that each sequence has in it by now, [B] i32. */
  readonly grown?: T;
}

/** Runs a decoder over rows of ids (docs/mor.md). */
export function decode<T extends Tensor>(
  backend: Backend<T>,
  params: DecoderParams<T>,
  config: DecoderConfig,
  inputs: DecoderInputs<T>,
): DecoderOutputs<T> {
  const { positions, offsets, table, noise, cache } = inputs;
  const style = decoderStyle(config);
  const experts: ExpertUse<T>[] = [];
  const embedded = embed(backend, inputs.ids, params.embedding, offsets);
  const layers = new UnrolledLayers(backend, params, config, {
    ...{ positions, offsets, table, noise, cache },
    onLayer: (l, u, { routed }) => {
      if (routed) experts.push({ layer: u, application: l, rows: { offsets }, routed });
    },
  });
  const plain = (x: T, l: number) => layers.run(x, l);
  const { x, recursions, depths } = config.recursion.routing === "none"
    ? { x: unrolled(backend, config, embedded, plain), recursions: [] }
    : routedDecoder(backend, params, config, inputs, { embedded, plain, experts });
  const hidden = norm(backend, x, params.norm, style.norm, offsets);
  return { hidden, recursions, depths, experts, grown: layers.placed?.grown ?? recursions[0]?.grown };
}

/** All layers, one after the other: a recursion at a time, a layer at a time where there is none. */
function unrolled<T extends Tensor>(
  backend: Backend<T>,
  config: DecoderConfig,
  x: T,
  plain: (x: T, l: number) => T,
): T {
  const step = config.recursion.N > 1 ? blockLayers(config) : 1;
  for (let start = 0; start < config.L; start += step) {
    x = remat(backend, "recursion", () => {
      let y = x;
      for (let l = start; l < Math.min(config.L, start + step); l++) y = plain(y, l);
      return y;
    });
  }
  return x;
}

/** First layer, routed recursions over the block, last layer. */
function routedDecoder<T extends Tensor>(
  backend: Backend<T>,
  params: DecoderParams<T>,
  config: DecoderConfig,
  { positions, offsets, table, capacity, warming, maxDepth, cache, noise }: DecoderInputs<T>,
  { embedded, plain, experts }: { embedded: T; plain: (x: T, l: number) => T; experts: ExpertUse<T>[] },
): Recursed<T> {
  const outer = outerLayers(config.recursion.sharing) / 2;
  const block: Block<T> = {
    layers: params.layers.slice(outer, outer + blockLayers(config)),
    style: decoderStyle(config),
    table,
    kv: config.recursion.kv,
    cache,
    noise: noise && { ...noise, use: noise.use + outer },
    onLayer: (r, j, rows, { routed }) => {
      if (routed) experts.push({ layer: outer + j, application: r, rows, routed });
    },
  };
  const all: Subset<T> = { offsets, positions };
  const entering = outer ? plain(embedded, 0) : embedded;
  const { routers, auxiliaryRouters, routerBias } = params;
  const recursed = config.recursion.routing === "expert"
    ? expertChoice(backend, entering, all, { block, routers, auxiliaryRouters, config, capacity, warming, maxDepth })
    : tokenChoice(backend, entering, all, { block, router: routers[0], bias: routerBias, config, maxDepth });
  return { ...recursed, x: outer ? plain(recursed.x, config.L - 1) : recursed.x };
}

/** Vocabulary logits of hidden rows: the embedding unless there is a head. hidden [M, D] → [M, V]. */
export function headLogits<T extends Tensor>(
  backend: Backend<T>,
  { embedding, head }: DecoderParams<T>,
  hidden: T,
  offsets?: T,
): T {
  return linear(backend, hidden, head ?? embedding, { offsets });
}
