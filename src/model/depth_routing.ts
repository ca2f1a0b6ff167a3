/**
 * Routing at mixed depths: each token of an engine stands before its own recursion (docs/mor.md, "Depth-wise batching").
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import { routeTokens, type RouteTokensParams } from "../ops/route_tokens.ts";
import type { DecoderConfig } from "./config/config.ts";
import type { RouterParams } from "./decoder_schema.ts";
import { chooseDepths, recursionGates, routerScores } from "./router.ts";
import type { Route } from "./routing.ts";
import type { Subset } from "./subset.ts";

/** The table of slots that tokens of mixed depths are routed in, and the listed slots. */
export interface SlotRows<T> {
  /** Table of slots, [S, 10+N] i32. */
  readonly slots: T;
  /** Router output of each slot's current recursion, [S, 1]. */
  readonly z: T;
  /** Steps so far, [1] i32. */
  readonly clock: T;
  /** Listed slots, [M] i32. */
  readonly rows: T;
  /** The last is the number of live entries. */
  readonly offsets: T;
}

/**
 * Routes the tokens of listed slots, each after another recursion (`ran`) or before the first: the causal threshold or the
 * chosen depth, at mixed depths. x [M, D] is their stream; routers are those of all recursions, stacked to N outputs.
 */
export function routeSlots<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  rows: SlotRows<T>,
  { router, auxiliary, bias }: {
    readonly router?: RouterParams<T>;
    readonly auxiliary?: RouterParams<T>;
    readonly bias?: T;
  },
  config: DecoderConfig,
  params: RouteTokensParams,
): void {
  const { offsets } = rows, { routing } = config.recursion;
  if (routing === "token" && !params.ran) {
    const { routed: { experts, weights } } = chooseDepths(backend, x, { router: router!, bias }, config, offsets);
    routeTokens(backend, { ...rows, experts, weights }, params);
    return;
  }
  const scored = (by?: RouterParams<T>) => by && routerScores(backend, x, by, offsets);
  const scores = routing === "expert" ? { scores: scored(router), auxiliary: scored(auxiliary) } : {};
  routeTokens(backend, { ...rows, ...scores }, params);
}

/** Listed slots of which each runs its own recursion. x [M, D] is their stream, z [M, 1] their router outputs. */
export function slotRoute<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  z: () => T,
  active: Subset<T>,
  config: DecoderConfig,
): Route<T> {
  if (config.recursion.routing !== "expert") return { active, entering: x };
  return { active, entering: x, gates: recursionGates(backend, z(), config, active.offsets) };
}
