/**
 * What a router's logits become: gates of a recursion, or weights of chosen experts (and depths).
 *
 * @module
 */
import { defineOp } from "../op/define.ts";
import { type GateKind, GATES, type RouteKind, ROUTES } from "../op/kinds.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { gateGrad, routeGrad } from "./router_grad.ts";

/** The function between a recursion's score and its gate (Mixture-of-Recursions §2.2.1). */
export interface GateParams {
  /** `sigmoid`: α·σ(z). `tanh`: α·tanh(z). `none`: z itself. */
  readonly kind: GateKind;
  /** α; ignored by `none`. */
  readonly alpha: number;
}

/** g = α·σ(z) (or its relatives), row by row. scores [M, 1] → gates [M, 1]. */
export const gateOp = defineOp({
  name: "gate",
  family: "router",
  inputs: { scores: "M 1", "offsets?": "B+1 i32" },
  outputs: { gates: "M 1" },
  params: { kind: GATES, alpha: "number" },
  vjp: (backend, { inputs: { scores, offsets }, grads: { gates }, params }) => ({
    scores: () => gateGrad(backend, { scores, dgates: gates!, offsets }, params),
  }),
});

/** Applies {@link gateOp}: scores [M, 1] → [M, 1]. */
export function gate<T extends Tensor>(backend: Backend<T>, scores: T, params: GateParams, offsets?: T): T {
  return backend.run(gateOp, { scores, offsets }, { kind: params.kind, alpha: params.alpha }).gates;
}

/** How logits over E alternatives choose k of them. */
export interface RouteParams {
  /** Alternatives chosen per row. */
  readonly k: number;
  /** p = α·softmax(z) or p = α·σ(z). */
  readonly kind: RouteKind;
  /** α, 1 for experts. */
  readonly alpha: number;
  /** Whether the chosen weights are divided by their sum. */
  readonly normalize: boolean;
}

/**
 * p over all E; S = the k largest of p + bias, ties to the lower index; w_e = p_e (/ Σ_S p).
 *
 * Experts of a token (MoL, arXiv 2512.12880) and depths of a token (token-choice MoR, arXiv 2507.10524 §2.2.1; k = 1, the
 * loss-free bias chooses but never weighs). logits [M, E], bias [E] → probs [M, E], experts [M, k] i32 (best first),
 * weights [M, k].
 */
export const routeOp = defineOp({
  name: "route",
  family: "router",
  inputs: { logits: "M E", "bias?": "E", "offsets?": "B+1 i32" },
  outputs: { probs: "M E", experts: "M k i32", weights: "M k" },
  params: { k: "size", kind: ROUTES, alpha: "number", normalize: "boolean" },
  refuse: ({ E }, { k }) => !(1 <= k && k <= E) && `cannot choose ${k} of ${E}`,
  vjp: (backend, { inputs: { offsets }, outputs: { probs, experts, weights }, grads, params }) => ({
    logits: () =>
      routeGrad(backend, { probs, experts, weights, dprobs: grads.probs, dweights: grads.weights, offsets }, params),
  }),
});

/** Probabilities, chosen alternatives and their weights. */
export interface Routed<T> {
  /** [M, E]. */
  readonly probs: T;
  /** [M, k] i32, best first. */
  readonly experts: T;
  /** [M, k]. */
  readonly weights: T;
}

/** Applies {@link routeOp}: logits [M, E] → probs [M, E], experts [M, k], weights [M, k]. */
export function route<T extends Tensor>(
  backend: Backend<T>,
  inputs: { logits: T; bias?: T; offsets?: T },
  params: RouteParams,
): Routed<T> {
  const { k, kind, alpha, normalize } = params;
  return backend.run(routeOp, inputs, { k, kind, alpha, normalize });
}
