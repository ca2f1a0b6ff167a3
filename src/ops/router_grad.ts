/**
 * Derivatives of gates and of the choice of alternatives; the choice itself carries no gradient.
 *
 * @module
 */
import { GATES, ROUTES } from "../op/kinds.ts";
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import type { GateParams, RouteParams } from "./router.ts";

/** dscores = g′(z)·dgates: α·σ(z)(1 − σ(z)), α·(1 − tanh²z), or 1. scores, dgates [M, 1] → dscores [M, 1]. */
export const gateGradOp: Op<"scores" | "dgates" | "offsets?", "dscores", GateParams> = defineOp({
  name: "gateGrad",
  family: "router_grad",
  inputs: ["scores", "dgates", "offsets?"],
  outputs: ["dscores"],
  choices: { kind: GATES },
  infer({ scores, dgates, offsets }) {
    requireShape("gateGrad", "scores", scores, [undefined, 1]);
    requireShape("gateGrad", "dgates", dgates, scores.shape);
    requireOffsets("gateGrad", offsets);
    return { dscores: spec(scores.shape) };
  },
});

/** Applies {@link gateGradOp}: scores, dgates [M, 1] → [M, 1]. */
export function gateGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { scores: T; dgates: T; offsets?: T },
  { kind, alpha }: GateParams,
): T {
  return backend.run(gateGradOp, inputs, { kind, alpha }).dscores;
}

/**
 * dlogits from the gradients of probabilities and of chosen weights.
 *
 * dp = dprobs, plus for the j-th chosen e: dweights_j, or (dweights_j − Σ_i dweights_i·w_i) / Σ_i p_{e_i} where weights were
 * normalised. Then, with s = p/α (0 where α = 0): softmax dlogits = α·s·(dp − Σ s·dp), sigmoid α·s·(1 − s)·dp.
 *
 * probs [M, E], experts [M, k] i32, weights [M, k], dprobs [M, E] and dweights [M, k] (absent: zero) → dlogits [M, E].
 */
export const routeGradOp: Op<
  "probs" | "experts" | "weights" | "dprobs?" | "dweights?" | "offsets?",
  "dlogits",
  RouteParams
> = defineOp({
  name: "routeGrad",
  family: "router_grad",
  inputs: ["probs", "experts", "weights", "dprobs?", "dweights?", "offsets?"],
  outputs: ["dlogits"],
  choices: { kind: ROUTES },
  infer({ probs, experts, weights, dprobs, dweights, offsets }, { k }: RouteParams) {
    requireShape("routeGrad", "probs", probs, [undefined, undefined]);
    const M = probs.shape[0];
    requireShape("routeGrad", "experts", experts, [M, k], "i32");
    requireShape("routeGrad", "weights", weights, [M, k]);
    demand("routeGrad", Boolean(dprobs || dweights), () => "neither dprobs nor dweights is given");
    if (dprobs) requireShape("routeGrad", "dprobs", dprobs, probs.shape);
    if (dweights) requireShape("routeGrad", "dweights", dweights, [M, k]);
    requireOffsets("routeGrad", offsets);
    return { dlogits: spec(probs.shape) };
  },
});

/** Applies {@link routeGradOp}: → [M, E]. */
export function routeGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { probs: T; experts: T; weights: T; dprobs?: T; dweights?: T; offsets?: T },
  { k, kind, alpha, normalize }: RouteParams,
): T {
  return backend.run(routeGradOp, inputs, { k, kind, alpha, normalize }).dlogits;
}
