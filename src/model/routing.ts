/**
 * Routing of Mixture-of-Recursions: which rows run a recursion, and with which gate (arXiv 2507.10524, §2.2.1;
 * docs/mor.md, "Router" to "Token-choice").
 *
 *     expert-choice (2.1)   z_r = router_r(x);  x[S_r] ← x[S_r] + g_r·F(x[S_r]),  g_r = α·sigmoid(z_r)
 *       top-k               S_r = the k_r rows of S_{r−1} with the greatest z_r; training and evaluation only
 *       causal threshold    S_1 = all rows;  S_r = the rows of S_{r−1} with z_r ≥ 0
 *     token-choice (2.2)    p = α·softmax(router(x¹));  e = argmax(p + bias);  S_r = the rows with e ≥ r (r from 0);
 *                           x = x¹ + p_e·F^{e+1}(x¹)
 *
 * Tokens of an engine, each at its own depth, are routed by the same rules in `depth_routing.ts`. The seam for other routers
 * is {@link Routing}: `select` may read any rows of the stream before recursion r, also to
 * decide one recursion ahead.
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import type { Routed } from "../ops/router.ts";
import { gather, scatterAdd } from "../ops/rows.ts";
import { type Selection, selectThreshold, selectTopK } from "../ops/select.ts";
import type { DecoderConfig } from "./config/config.ts";
import { capacities, keptAtMost } from "./config/sharing.ts";
import type { DecoderParams } from "./decoder_schema.ts";
import type { KvCache } from "./kv.ts";
import { chooseDepths, detached, recursionGates, routerScores } from "./router.ts";
import { narrow, type Subset } from "./subset.ts";

/** Routing of one recursion, for losses and statistics. */
export interface RecursionTrace<T> {
  /** Rows that the router scored. */
  readonly candidates: Subset<T>;
  /** Raw router logits of the candidates, [rows, 1]; expert-choice only. */
  readonly scores?: T;
  /** The same of the auxiliary router, where there is one. */
  readonly auxiliary?: T;
  /** Selected candidates, by number among the candidates; absent when all were. */
  readonly chosen?: Selection<T>;
  /** Rows that ran. */
  readonly active: Subset<T>;
  /** Raw router logits of the rows that ran, [rows, 1]. Token-choice: the weights, with the first recursion only. */
  readonly entered?: T;
}

/** Rows that run a recursion. */
export interface Route<T> {
  /** The rows. */
  readonly active: Subset<T>;
  /** Their residual stream, [S, D]. */
  readonly entering: T;
  /** Factor of the block's output, [S, 1]; without it the output replaces the stream. */
  readonly gates?: T;
}

/** Routing of whole sequences through the recursions of one pass. */
export interface Routing<T> {
  /** Routing so far, one entry a recursion. */
  readonly recursions: readonly RecursionTrace<T>[];
  /** Token-choice: router logits [M, N] and the chosen depths. */
  readonly depths?: { readonly logits: T; readonly routed: Routed<T> };
  /** Rows that run recursion r of the stream x, [M, D]. */
  select(r: number, x: T): Route<T>;
  /** The stream after the last recursion, [M, D]. */
  exit(x: T): T;
}

/** Selection of rows in a pass. */
export interface RoutingOptions<T> {
  /** Rows that each recursion keeps, N × [B] i32: top-k selection as in training; absent: the causal threshold. */
  readonly capacity?: readonly T[];
  /** Whether those rows may be more than the configuration's capacities say (capacity warm-up). */
  readonly warming?: boolean;
  /** Limits the rows of a recursion to its KV cache. */
  readonly cache?: Pick<KvCache<T>, "fit">;
}

/** Routing of a pass whose stream before the recursions is x, [M, D]. */
export function routingOf<T extends Tensor>(
  backend: Backend<T>,
  params: DecoderParams<T>,
  config: DecoderConfig,
  rows: Subset<T>,
  x: T,
  options: RoutingOptions<T>,
): Routing<T> {
  switch (config.recursion.routing) {
    case "none":
      return { recursions: [], select: (_, x) => ({ active: rows, entering: x }), exit: (x) => x };
    case "expert":
      return new ExpertChoice(backend, params, config, rows, options);
    case "token":
      return new TokenChoice(backend, params, config, rows, x);
  }
}

/**
 * Expert-choice: recursion r selects some rows of recursion r − 1. With `capacity` these are the rows with the greatest
 * logits; otherwise recursion 1 runs all rows and later ones those with a logit of at least 0. An auxiliary router reads
 * the stream without passing a gradient to it; its logits decide where there is no `capacity`.
 */
class ExpertChoice<T extends Tensor> implements Routing<T> {
  readonly recursions: RecursionTrace<T>[] = [];
  #candidates: Subset<T>;

  constructor(
    readonly backend: Backend<T>,
    readonly params: DecoderParams<T>,
    readonly config: DecoderConfig,
    rows: Subset<T>,
    readonly options: RoutingOptions<T>,
  ) {
    this.#candidates = rows;
  }

  select(r: number, x: T): Route<T> {
    const { backend, config, params: { routers, auxiliaryRouters } } = this;
    const candidates = this.#candidates, { offsets } = candidates;
    const rows = candidates.rows ? gather(backend, x, candidates.rows, offsets) : x;
    const scores = routerScores(backend, rows, routers[r], offsets);
    const auxiliary = auxiliaryRouters && routerScores(backend, detached(backend, rows), auxiliaryRouters[r], offsets);
    const chosen = this.#choose(r, x.shape[0], scores, auxiliary);
    const active = chosen ? narrow(backend, candidates, chosen) : candidates;
    const entering = chosen ? gather(backend, rows, chosen.rows, chosen.kept) : rows;
    const entered = chosen ? gather(backend, scores, chosen.rows, chosen.kept) : scores;
    this.recursions.push({ candidates, scores, auxiliary, chosen, active, entered });
    this.#candidates = r === 0 ? { ...active, withinFirst: undefined } : active;
    const gates = recursionGates(backend, entered, config, active.offsets);
    return { active: this.#candidates, entering, gates };
  }

  #choose(r: number, M: number, scores: T, auxiliary: T | undefined): Selection<T> | undefined {
    const { backend, config: { recursion }, options: { capacity, warming, cache } } = this;
    const { offsets } = this.#candidates, rows = scores.shape[0];
    if (capacity) {
      const most = warming ? rows : keptAtMost(capacities(recursion)[r], M, offsets.shape[0] - 1);
      return selectTopK(backend, { scores, offsets, capacity: capacity[r] }, Math.min(rows, most));
    }
    if (r === 0) return undefined;
    const chosen = selectThreshold(backend, { scores: auxiliary ?? scores, offsets }, 0);
    return cache?.fit?.(r, chosen) ?? chosen;
  }

  exit(x: T): T {
    return x;
  }
}

/** Token-choice: every row chooses its depth before recursion 1, and leaves as x¹ + w·F^{e+1}(x¹). */
class TokenChoice<T extends Tensor> implements Routing<T> {
  readonly recursions: RecursionTrace<T>[] = [];
  readonly depths: NonNullable<Routing<T>["depths"]>;

  constructor(
    readonly backend: Backend<T>,
    { routers: [router], routerBias: bias }: DecoderParams<T>,
    config: DecoderConfig,
    readonly rows: Subset<T>,
    readonly x: T,
  ) {
    this.depths = chooseDepths(backend, x, { router, bias }, config, rows.offsets);
  }

  select(r: number, x: T): Route<T> {
    const { backend, rows, rows: { offsets }, depths: { routed: { experts, weights } } } = this;
    const chosen = r === 0 ? undefined : selectThreshold(backend, { scores: experts, offsets }, r);
    const active = chosen ? narrow(backend, rows, chosen) : rows;
    const entering = active.rows ? gather(backend, x, active.rows, active.offsets) : x;
    this.recursions.push({ candidates: rows, chosen, active, entered: r === 0 ? weights : undefined });
    return { active, entering };
  }

  exit(x: T): T {
    const { backend, rows: { offsets }, depths: { routed: { weights } } } = this;
    return scatterAdd(backend, { x: this.x, y: x, gates: weights, offsets });
  }
}
