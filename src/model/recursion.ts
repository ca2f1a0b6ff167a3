/**
 * Mixture-of-Recursions: a shared block that runs a different number of times for each row (arXiv 2507.10524, §2.2).
 *
 * @module
 */
import type { GateKind, RouteKind } from "../op/kinds.ts";
import { type Backend, remat, type Tensor } from "../op/op.ts";
import { activation } from "../ops/activation.ts";
import { add } from "../ops/add.ts";
import { linear } from "../ops/linear.ts";
import { gate, type GateParams, route, type Routed } from "../ops/router.ts";
import { gather, scatterAdd, scatterRows } from "../ops/rows.ts";
import { type Selection, selectThreshold, selectTopK } from "../ops/select.ts";
import { type Block, type BlockResult, type FirstKeys, runBlock, type Subset } from "./block.ts";
import type { DecoderConfig } from "./config/config.ts";
import type { RouterParams } from "./decoder_schema.ts";
import { capacities, keptAtMost } from "./config/sharing.ts";

/** What one recursion did. */
export interface RecursionTrace<T> {
  /** Rows that the router judged. */
  readonly candidates: Subset<T>;
  /** Raw router logits of the candidates, [rows, 1]; expert-choice only. */
  readonly scores?: T;
  /** The same of the auxiliary router, where there is one. */
  readonly auxiliary?: T;
  /** Candidates that entered, by number among the candidates; absent when all did. */
  readonly chosen?: Selection<T>;
  /** Rows that ran. */
  readonly active: Subset<T>;
  /** What let them in, [rows, 1]: raw router logits. Token-choice: the weights, with the first recursion only. */
  readonly entered?: T;
  /** Where it has caches of its own: the rows that each sequence has in them by now, [B] i32. */
  readonly grown?: T;
}

/** What a routed block returns. */
export interface Recursed<T> {
  /** Residual stream, [M, D]. */
  readonly x: T;
  /** One entry a recursion. */
  readonly recursions: readonly RecursionTrace<T>[];
  /** Token-choice: router logits [M, N] and the chosen depths. */
  readonly depths?: { readonly logits: T; readonly routed: Routed<T> };
}

/** Raw router logits of rows: θ·x, or W2·gelu(W1·x); no norm, no bias (docs/mor.md, "Router"). x [M, D] → [M, outputs]. */
export function routerScores<T extends Tensor>(backend: Backend<T>, x: T, router: RouterParams<T>, offsets: T): T {
  if (!router.hidden) return linear(backend, x, router.out, { offsets });
  const hidden = activation(backend, linear(backend, x, router.hidden, { offsets }), "gelu", offsets);
  return linear(backend, hidden, router.out, { offsets });
}

/** A copy that passes no gradient. */
function detached<T extends Tensor>(backend: Backend<T>, x: T): T {
  return backend.withoutGrad ? add(backend.withoutGrad, x, x, 0) : x;
}

/** The rows of a subset that were chosen among them. */
function narrow<T extends Tensor>(backend: Backend<T>, set: Subset<T>, { rows, kept }: Selection<T>): Subset<T> {
  const compose = (list: T | undefined) => list ? gather(backend, list, rows, kept) : rows;
  return {
    offsets: kept,
    positions: gather(backend, set.positions, rows, kept),
    rows: compose(set.rows),
    withinFirst: compose(set.withinFirst),
  };
}

/** What recursion 1 leaves for the others to see. */
function sharedKeys<T>({ keys, placed }: BlockResult<T>, { offsets }: Subset<T>): FirstKeys<T> {
  return { keys, offsets, ranges: placed?.ranges };
}

/** Recursions that run: all, or fewer where there is a cap. */
function recursionsOf(N: number, maxDepth = N): number {
  return Math.min(N, maxDepth);
}

/**
 * Expert-choice (arXiv 2507.10524, equation 2.1): each recursion keeps some rows of the one before it, and adds g·block(x) to them.
 *
 * With `capacity` (one [B] vector a recursion) the highest-scoring rows are kept, as in training; without it recursion 1
 * keeps all rows and later ones those with a score of at least 0, which is causal. `warming` capacities may be above the
 * configuration's. An auxiliary router reads the stream without passing a gradient to it; it decides where there is no
 * `capacity`, while the gate stays the router's own. Recursions after `maxDepth` are left out.
 */
export function expertChoice<T extends Tensor>(
  backend: Backend<T>,
  stream: T,
  all: Subset<T>,
  { block, routers, auxiliaryRouters, config, capacity, warming, maxDepth }: {
    block: Block<T>;
    routers: readonly RouterParams<T>[];
    auxiliaryRouters?: readonly RouterParams<T>[];
    config: DecoderConfig;
    capacity?: readonly T[];
    warming?: boolean;
    maxDepth?: number;
  },
): Recursed<T> {
  const { recursion } = config;
  const gating: GateParams = { kind: recursion.gate as GateKind, alpha: recursion.alpha };
  const fractions = capacities(recursion);
  const B = all.offsets.shape[0] - 1;
  const recursions: RecursionTrace<T>[] = [];
  let x = stream;
  let candidates = all;
  let first: Subset<T> = all;
  let shared: FirstKeys<T> | undefined;
  const recurse = (r: number) => {
    const { offsets } = candidates;
    const rows = candidates.rows ? gather(backend, x, candidates.rows, offsets) : x;
    const scores = routerScores(backend, rows, routers[r], offsets);
    const auxiliary = auxiliaryRouters &&
      routerScores(backend, detached(backend, rows), auxiliaryRouters[r], offsets);
    let chosen: Selection<T> | undefined;
    if (capacity) {
      const most = warming ? rows.shape[0] : keptAtMost(fractions[r], x.shape[0], B);
      const limit = Math.min(rows.shape[0], most);
      chosen = selectTopK(backend, { scores, offsets, capacity: capacity[r] }, limit);
    } else if (r > 0) {
      chosen = selectThreshold(backend, { scores: auxiliary ?? scores, offsets }, 0);
      chosen = block.cache?.fit?.(r, chosen) ?? chosen;
    }
    const active = chosen ? narrow(backend, candidates, chosen) : candidates;
    const entering = chosen ? gather(backend, rows, chosen.rows, chosen.kept) : rows;
    const kept = chosen ? gather(backend, scores, chosen.rows, chosen.kept) : scores;
    if (r === 0) first = { ...active, withinFirst: undefined };
    const ran = runBlock(backend, entering, block, r, r === 0 ? first : active, shared);
    if (recursion.kv !== "recursion") shared ??= sharedKeys(ran, first);
    const gates = gate(backend, kept, gating, active.offsets);
    x = scatterAdd(backend, { x, y: ran.x, rows: active.rows, gates, offsets: active.offsets });
    recursions.push({ candidates, scores, auxiliary, chosen, active, entered: kept, grown: ran.placed?.grown });
    candidates = r === 0 ? first : active;
  };
  for (let r = 0; r < recursionsOf(recursion.N, maxDepth); r++) remat(backend, "recursion", () => recurse(r));
  return { x, recursions };
}

/**
 * Token-choice (arXiv 2507.10524, equation 2.2): every row picks its depth e once, and leaves as x + w·block^{e+1}(x).
 *
 * Recursions after `maxDepth` are left out.
 */
export function tokenChoice<T extends Tensor>(
  backend: Backend<T>,
  stream: T,
  all: Subset<T>,
  { block, router, bias, config, maxDepth }: {
    block: Block<T>;
    router: RouterParams<T>;
    bias?: T;
    config: DecoderConfig;
    maxDepth?: number;
  },
): Recursed<T> {
  const { gate: kind, alpha, N, kv } = config.recursion;
  const { offsets } = all;
  const logits = routerScores(backend, stream, router, offsets);
  const choice = { k: 1, kind: kind as RouteKind, alpha, normalize: false };
  const routed = route(backend, { logits, bias, offsets }, choice);
  const recursions: RecursionTrace<T>[] = [];
  let state = stream;
  let shared: FirstKeys<T> | undefined;
  const recurse = (r: number) => {
    const chosen = r === 0 ? undefined : selectThreshold(backend, { scores: routed.experts, offsets }, r);
    const active = chosen ? narrow(backend, all, chosen) : all;
    const entering = active.rows ? gather(backend, state, active.rows, active.offsets) : state;
    const ran = runBlock(backend, entering, block, r, active, shared);
    if (kv !== "recursion") shared ??= sharedKeys(ran, all);
    state = active.rows
      ? scatterRows(backend, { x: state, y: ran.x, rows: active.rows, offsets: active.offsets })
      : ran.x;
    const entered = r === 0 ? routed.weights : undefined;
    recursions.push({ candidates: all, chosen, active, entered, grown: ran.placed?.grown });
  };
  for (let r = 0; r < recursionsOf(N, maxDepth); r++) remat(backend, "recursion", () => recurse(r));
  const x = scatterAdd(backend, { x: stream, y: state, gates: routed.weights, offsets });
  return { x, recursions, depths: { logits, routed } };
}
