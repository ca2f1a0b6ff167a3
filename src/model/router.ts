/**
 * Routers of Mixture-of-Recursions: logits, gates, depths (docs/mor.md, "Router").
 *
 * @module
 */
import type { GateKind, RouteKind } from "../op/kinds.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { activation } from "../ops/activation.ts";
import { add } from "../ops/add.ts";
import { linear } from "../ops/linear.ts";
import { gate, route, type Routed } from "../ops/router.ts";
import type { DecoderConfig } from "./config/config.ts";
import type { RouterParams } from "./decoder_schema.ts";

/** Raw router logits of rows: θ·x, or W2·gelu(W1·x); no norm, no bias (docs/mor.md, "Router"). x [M, D] → [M, outputs]. */
export function routerScores<T extends Tensor>(backend: Backend<T>, x: T, router: RouterParams<T>, offsets: T): T {
  if (!router.hidden) return linear(backend, x, router.out, { offsets });
  const hidden = activation(backend, linear(backend, x, router.hidden, { offsets }), "gelu", offsets);
  return linear(backend, hidden, router.out, { offsets });
}

/** Gates of an expert-choice recursion, by router logits [rows, 1]. */
export function recursionGates<T extends Tensor>(
  backend: Backend<T>,
  scores: T,
  { recursion: { gate: kind, alpha } }: DecoderConfig,
  offsets: T,
): T {
  return gate(backend, scores, { kind: kind as GateKind, alpha }, offsets);
}

/** Token-choice: the depth of every row, and its weight. x [M, D] → logits [M, N], experts and weights [M, 1]. */
export function chooseDepths<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  { router, bias }: { readonly router: RouterParams<T>; readonly bias?: T },
  { recursion: { gate: kind, alpha } }: DecoderConfig,
  offsets: T,
): { logits: T; routed: Routed<T> } {
  const logits = routerScores(backend, x, router, offsets);
  const choice = { k: 1, kind: kind as RouteKind, alpha, normalize: false };
  return { logits, routed: route(backend, { logits, bias, offsets }, choice) };
}

/** A copy that passes no gradient. */
export function detached<T extends Tensor>(backend: Backend<T>, x: T): T {
  return backend.withoutGrad ? add(backend.withoutGrad, x, x, 0) : x;
}
