/**
 * The decoder in three verbs over rows: {@link enter} (embedding, first layer), {@link recur} (gather, block, gate,
 * scatter) and {@link leave} (last layer, norm). A full forward pass, a prompt and a step of an engine are these verbs on
 * different row lists, with the routing of `routing.ts` and the keys and values of `kv.ts`. A vanilla Llama is the case
 * without routing, whose recursions are its layers.
 *
 * @module
 */
import { type Backend, remat, type Tensor } from "../op/op.ts";
import { embed } from "../ops/embed.ts";
import { linear } from "../ops/linear.ts";
import { norm } from "../ops/norm.ts";
import type { Routed } from "../ops/router.ts";
import { scatterAdd, scatterRows } from "../ops/rows.ts";
import type { DecoderConfig } from "./config/config.ts";
import { blockLayers, outerLayers, uniqueLayer } from "./config/sharing.ts";
import type { DecoderParams } from "./decoder_schema.ts";
import { type KvCache, KvPass, type KvScope } from "./kv.ts";
import { layer, type LayerStyle } from "./layer.ts";
import type { Noise } from "./noise.ts";
import { type Route, type Routing, routingOf, type RoutingOptions } from "./routing.ts";
import type { Subset } from "./subset.ts";

/** One pass of rows through a decoder. */
export interface Pass<T extends Tensor> {
  /** Where operations run. */
  readonly backend: Backend<T>;
  /** Weights. */
  readonly params: DecoderParams<T>;
  /** The model. */
  readonly config: DecoderConfig;
  /** RoPE's cosines and sines, [T, K]. */
  readonly table: T;
  /** Keys and values. */
  readonly kv: KvPass<T>;
  /** In training. */
  readonly noise?: Noise<T>;
  /** Called for every use of experts. */
  readonly onExperts?: (use: ExpertUse<T>) => void;
}

/** One use of a layer that has experts. */
export interface ExpertUse<T> {
  /** Unique layer (decoder) or group (encoder). */
  readonly layer: number;
  /** Recursion of a routed block, from 0; the unrolled layer elsewhere. */
  readonly application: number;
  /** Rows that were routed. */
  readonly rows: Pick<Subset<T>, "offsets" | "rows">;
  /** Chosen experts. */
  readonly routed: Routed<T>;
}

/** Style of a decoder's layers: RMSNorm, SwiGLU. */
export function decoderStyle({ eps, H, G, K, mol }: DecoderConfig): LayerStyle {
  return { norm: { kind: "rms", eps }, heads: { H, G, K }, unit: "silu", mol };
}

/** Whether the first and the last layer are outside routed recursions. */
function hasOuter({ recursion: { routing, sharing } }: DecoderConfig): boolean {
  return routing !== "none" && outerLayers(sharing) > 0;
}

/** Unrolled layer l on the rows of a subset. x [S, D] → [S, D]. */
function runLayer<T extends Tensor>(pass: Pass<T>, x: T, rows: Subset<T>, l: number, scope: KvScope): T {
  const { backend, params, config, table, kv, noise, onExperts } = pass;
  const { offsets } = rows, u = uniqueLayer(config, l), keys = kv.of(scope, l, rows, x.shape[0]);
  const view = { positions: rows.positions, offsets, table, ...keys };
  const own = noise && { ...noise, use: noise.use + l, rows: rows.rows };
  const result = layer(backend, x, params.layers[u], { ...view, noise: own }, decoderStyle(config));
  kv.keep(l, result.kv);
  const application = typeof scope === "number" ? scope : l;
  if (result.routed) onExperts?.({ layer: u, application, rows, routed: result.routed });
  return result.x;
}

/** Rows enter: embedding, and the first layer where it is outside the recursions. ids [M] → stream [M, D]. */
export function enter<T extends Tensor>(pass: Pass<T>, ids: T, rows: Subset<T>): T {
  const x = embed(pass.backend, ids, pass.params.embedding, rows.offsets);
  return hasOuter(pass.config) ? runLayer(pass, x, rows, 0, "outer") : x;
}

/** Layers of a recursion without routing: one where none recur. */
function plainStep(config: DecoderConfig): number {
  return config.recursion.N > 1 ? blockLayers(config) : 1;
}

/** Recursions of a pass: those of a routed model up to a cap; else all of the layers. */
function recursionsOf(config: DecoderConfig, maxDepth?: number): number {
  const { L, recursion: { routing, N } } = config;
  if (routing !== "none") return Math.min(N, maxDepth ?? N);
  return Math.ceil(L / plainStep(config));
}

/** Unrolled layers of recursion r; with `own`, of every row's own recursion. */
function layersOf(config: DecoderConfig, r: number | "own"): readonly number[] {
  const { L, recursion: { routing, sharing } } = config, b = blockLayers(config);
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  if (routing === "none") {
    if (r === "own") return range(0, L);
    const step = plainStep(config);
    return range(r * step, Math.min(L, (r + 1) * step));
  }
  const first = outerLayers(sharing) / 2 + (r === "own" ? 0 : r * b);
  return range(first, first + b);
}

/**
 * Selected rows run recursion r, or each its own at mixed depths: gather (`entering`), block, gate, scatter. What a model
 * does between recursions (a norm, an injection of the input, a halting gate) belongs to the end of this verb.
 * stream x [M, D] → [M, D].
 */
export function recur<T extends Tensor>(
  pass: Pass<T>,
  x: T,
  { active, entering, gates }: Route<T>,
  r: number | "own",
): T {
  const { backend, config } = pass, { rows, offsets } = active;
  const scope = config.recursion.routing === "none" ? "outer" : r;
  const y = layersOf(config, r).reduce((y, l) => runLayer(pass, y, active, l, scope), entering);
  if (gates) return scatterAdd(backend, { x, y, rows, gates, offsets });
  return rows ? scatterRows(backend, { x, y, rows, offsets }) : y;
}

/** Rows leave: the last layer where it is outside the recursions, and the final norm. x [M, D] → hidden [M, D]. */
export function leave<T extends Tensor>(pass: Pass<T>, x: T, rows: Subset<T>): T {
  const { backend, params, config } = pass;
  const last = hasOuter(config) ? runLayer(pass, x, rows, config.L - 1, "outer") : x;
  return norm(backend, last, params.norm, decoderStyle(config).norm, rows.offsets);
}

/** What a decoder reads. */
export interface DecoderInputs<T> extends Omit<RoutingOptions<T>, "cache"> {
  /** Token ids, [M] i32. */
  readonly ids: T;
  /** Position of every token in its sequence, [M] i32. */
  readonly positions: T;
  /** First row of each sequence, [B+1] i32. */
  readonly offsets: T;
  /** RoPE's cosines and sines, [T, K]. */
  readonly table: T;
  /** Keys and values of earlier rows; not together with `capacity`. */
  readonly cache?: KvCache<T>;
  /** Recursions of a routed model at most. */
  readonly maxDepth?: number;
  /** In training. */
  readonly noise?: Noise<T>;
}

/** What a decoder computes. */
export interface DecoderOutputs<T> extends Pick<Routing<T>, "recursions" | "depths"> {
  /** After the final norm, [M, D]. */
  readonly hidden: T;
  /** Every use of experts, in order. */
  readonly experts: readonly ExpertUse<T>[];
}

/** Runs a decoder over rows of ids (docs/mor.md): whole sequences, or, with a cache, the rows after the cached ones. */
export function decode<T extends Tensor>(
  backend: Backend<T>,
  params: DecoderParams<T>,
  config: DecoderConfig,
  { ids, positions, offsets, table, noise, cache, maxDepth, ...selection }: DecoderInputs<T>,
): DecoderOutputs<T> {
  const experts: ExpertUse<T>[] = [], kv = new KvPass(backend, config, cache);
  const pass: Pass<T> = { backend, params, config, table, kv, noise, onExperts: (use) => experts.push(use) };
  const all: Subset<T> = { offsets, positions };
  let x = enter(pass, ids, all);
  const routing = routingOf(backend, params, config, all, x, { ...selection, cache });
  for (let r = 0; r < recursionsOf(config, maxDepth); r++) {
    x = remat(backend, "recursion", () => recur(pass, x, routing.select(r, x), r));
  }
  const hidden = leave(pass, routing.exit(x), all);
  return { hidden, recursions: routing.recursions, depths: routing.depths, experts };
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
