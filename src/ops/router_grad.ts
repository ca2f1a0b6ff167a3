/**
 * Derivatives of gates and of the choice of alternatives; the choice itself carries no gradient.
 *
 * @module
 */
import { applying, defineOp } from "../op/define.ts";
import { GATES, ROUTES } from "../op/kinds.ts";

/** dscores = g′(z)·dgates: α·σ(z)(1 − σ(z)), α·(1 − tanh²z), or 1. scores, dgates [M, 1] → dscores [M, 1]. */
export const gateGradOp = defineOp({
  name: "gateGrad",
  family: "router_grad",
  inputs: { scores: "M 1", dgates: "M 1", "offsets?": "B+1 i32" },
  outputs: { dscores: "M 1" },
  params: { kind: GATES, alpha: "number" },
});

/** Applies {@link gateGradOp}: scores, dgates [M, 1] → [M, 1]. */
export const gateGrad = applying(gateGradOp);

/**
 * dlogits from the gradients of probabilities and of chosen weights.
 *
 * dp = dprobs, plus for the j-th chosen e: dweights_j, or (dweights_j − Σ_i dweights_i·w_i) / Σ_i p_{e_i} where weights were
 * normalised. Then, with s = p/α (0 where α = 0): softmax dlogits = α·s·(dp − Σ s·dp), sigmoid α·s·(1 − s)·dp.
 *
 * probs [M, E], experts [M, k] i32, weights [M, k], dprobs [M, E] and dweights [M, k] (absent: zero) → dlogits [M, E].
 */
export const routeGradOp = defineOp({
  name: "routeGrad",
  family: "router_grad",
  inputs: {
    probs: "M E",
    experts: "M k i32",
    weights: "M k",
    "dprobs?": "M E",
    "dweights?": "M k",
    "offsets?": "B+1 i32",
  },
  outputs: { dlogits: "M E" },
  params: { k: "size", kind: ROUTES, alpha: "number", normalize: "boolean" },
  refuse: (_axes, _params, { dprobs, dweights }) => !dprobs && !dweights && "neither dprobs nor dweights is given",
});

/** Applies {@link routeGradOp}: → [M, E]. */
export const routeGrad = applying(routeGradOp);
