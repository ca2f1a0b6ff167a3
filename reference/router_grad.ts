import type { RouteKind } from "../src/op/kinds.ts";
import { gateGradOp, routeGradOp } from "../src/ops/router_grad.ts";
import { derivatives } from "./activation_grad.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** dscores[m] = α·f′(scores[m])·dgates[m], f the activation that the gate is called by; `none`: dgates[m]. scores, dgates [M, 1] → dscores [M, 1]. */
export const gateGrad = defineReference(gateGradOp, ({ scores, dgates, offsets }, { dscores }, { kind, alpha }) => {
  const [M] = scores.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const slope = kind === "none" ? 1 : alpha * derivatives[kind](scores.data[m]);
    dscores.data[m] = slope * dgates.data[m];
  }
});

/** Upstream gradients of a row's chosen: dweights, or (dweights_j − Σ_i dweights_i·w_i) / Σ_i p_{e_i} if normalised. */
export function chosenGrads(
  dw: ArrayLike<number>,
  w: ArrayLike<number>,
  p: readonly number[],
  normalize: boolean,
): number[] {
  const grads = Array.from(dw);
  if (!normalize) return grads;
  const inner = grads.reduce((sum, grad, j) => sum + grad * w[j], 0);
  const total = p.reduce((sum, value) => sum + value, 0);
  return grads.map((grad) => (grad - inner) / total);
}

/** dlogits over α·s of one row: softmax dp − Σ s·dp, sigmoid (1 − s)·dp. */
const routeSlopes: Readonly<Record<RouteKind, (s: Float64Array, dp: Float64Array) => Float64Array>> = {
  softmax(s, dp) {
    const mean = s.reduce((sum, value, e) => sum + value * dp[e], 0);
    return dp.map((value) => value - mean);
  },
  sigmoid: (s, dp) => dp.map((value, e) => (1 - s[e]) * value),
};

/**
 * dp[m] = dprobs[m], plus the gradient of each chosen e at e; s = p/α. Then softmax:
 * dlogits[m, e] = α·s_e·(dp_e − Σ_i s_i·dp_i), sigmoid: α·s_e·(1 − s_e)·dp_e.
 *
 * probs p, dprobs [M, E], experts, weights, dweights [M, k] → dlogits [M, E].
 */
export const routeGrad = defineReference(
  routeGradOp,
  ({ probs, experts, weights, dprobs, dweights, offsets }, { dlogits }, { kind, alpha, normalize }) => {
    const [M, E] = probs.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const p = rowOf(probs, m);
      const dp = dprobs ? Float64Array.from(rowOf(dprobs, m)) : new Float64Array(E);
      if (dweights) {
        const chosen = [...rowOf(experts, m)];
        const grads = chosenGrads(rowOf(dweights, m), rowOf(weights, m), chosen.map((e) => p[e]), normalize);
        chosen.forEach((e, j) => dp[e] += grads[j]);
      }
      const s = Float64Array.from(p, (value) => alpha === 0 ? 0 : value / alpha);
      const slopes = routeSlopes[kind](s, dp);
      for (let e = 0; e < E; e++) dlogits.data[m * E + e] = alpha * s[e] * slopes[e];
    }
  },
);

/** Row m of a matrix. */
export function rowOf({ data, shape: [, columns] }: RefTensor, m: number): RefTensor["data"] {
  return data.subarray(m * columns, (m + 1) * columns);
}
