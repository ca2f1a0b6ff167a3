import type { RouteKind } from "../../src/op/kinds.ts";
import { gateGradOp, routeGradOp } from "../../src/ops/router_grad.ts";
import { liveRows } from "../reference.ts";
import { chosenGrads, rowOf } from "../router_grad.ts";
import { DIVISION_ERROR, sumBound, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { sumOf } from "./sums.ts";
import { derivativeErrors } from "./scalars.ts";

/** The slope's error times the other factors; α's own rounding, two products, the first of which may be flushed to zero. */
export const gateGrad = defineBound(gateGradOp, ({ scores, dgates, offsets }, { dscores }, { kind, alpha }) => {
  const [M] = scores.shape;
  const bound = new Float64Array(M).fill(TINY);
  if (kind === "none") return { dscores: bound };
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const others = Math.abs(alpha * dgates.data[m]);
    const error = derivativeErrors[kind](scores.data[m]) * others;
    bound[m] += error + 3 * UNIT * (Math.abs(dscores.data[m]) + error) + Math.abs(dgates.data[m]) * TINY;
  }
  return { dscores: bound };
});

/** Largest errors of these: a sum of k products, a difference, and a division by a sum of k. */
function chosenErrors(dw: ArrayLike<number>, w: ArrayLike<number>, p: readonly number[], normalize: boolean): number[] {
  const grads = Array.from(dw);
  if (!normalize) return grads.map(() => 0);
  const inner = grads.reduce((sum, grad, j) => sum + grad * w[j], 0);
  const innerError = sumBound(grads.length, grads.reduce((sum, grad, j) => sum + Math.abs(grad * w[j]), 0));
  const total = Math.abs(p.reduce((sum, value) => sum + value, 0)); // all of one sign
  const relative = (grads.length - 1) * UNIT;
  return grads.map((grad) => {
    const exact = Math.abs(grad - inner);
    const difference = exact + innerError + UNIT * (exact + innerError);
    return difference / (total * (1 - relative)) * (1 + DIVISION_ERROR) - exact / total + TINY;
  });
}

/** Every factor with its own error, products of sums of both less the exact products, and a rounding each. */
export const routeGrad = defineBound(
  routeGradOp,
  ({ probs, experts, weights, dprobs, dweights, offsets }, { dlogits }, { kind, alpha, normalize }) => {
    const [M, E] = probs.shape;
    const bound = new Float64Array(M * E);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const p = rowOf(probs, m);
      const dp = dprobs ? Float64Array.from(rowOf(dprobs, m)) : new Float64Array(E);
      const errors = new Float64Array(E);
      if (dweights) {
        const chosen = [...rowOf(experts, m)];
        const call = [rowOf(dweights, m), rowOf(weights, m), chosen.map((e) => p[e]), normalize] as const;
        const [grads, gradErrors] = [chosenGrads(...call), chosenErrors(...call)];
        chosen.forEach((e, j) => {
          errors[e] += gradErrors[j] + UNIT * (Math.abs(dp[e]) + Math.abs(grads[j]) + gradErrors[j]);
          dp[e] += grads[j];
        });
      }
      const exact = rowOf(dlogits, m);
      const sizes = Float64Array.from(dp, Math.abs);
      const s = Float64Array.from(p, (value) => alpha === 0 ? 0 : Math.abs(value / alpha));
      const inner = slopeSizes[kind](s, dp, errors);
      for (let e = 0; e < E; e++) {
        const greatest = Math.abs(alpha) * s[e] * (1 + S_ERROR) * (1 + 3 * UNIT) * inner[e]; // α's rounding, two products
        bound[m * E + e] = greatest - Math.abs(exact[e]) + (2 + inner[e] + sizes[e]) * TINY;
      }
    }
    return { dlogits: bound };
  },
);

/** Relative error of s = p/α, α rounded to float32. */
const S_ERROR = UNIT + DIVISION_ERROR;

/** Largest size of dlogits over α·s of each kind. */
const slopeSizes: Readonly<
  Record<RouteKind, (s: Float64Array, dp: Float64Array, errors: Float64Array) => Float64Array>
> = {
  softmax: greatestDifferences,
  sigmoid: (s, dp, errors) =>
    s.map((value, e) =>
      (Math.abs(1 - value) * (1 + UNIT) + value * S_ERROR) * (Math.abs(dp[e]) + errors[e]) * (1 + UNIT)
    ),
};

/** Largest |dp − Σ s·dp| that a kernel may find where dp is wrong by `errors`. */
function greatestDifferences(s: Float64Array, dp: Float64Array, errors: Float64Array): Float64Array {
  const terms = sumOf(s.length, (e) => s[e] * dp[e]);
  const mean = terms.value;
  const greatest = s.map((value, e) => value * (1 + S_ERROR) * (Math.abs(dp[e]) + errors[e]));
  const lost = greatest.reduce((sum, term, e) => sum + term - s[e] * Math.abs(dp[e]), 0);
  const wrong = 1 + lost / Math.max(terms.absolutes, TINY); // terms that are wrong by so much are summed
  const meanError = lost + wrong * terms.error();
  return dp.map((value, e) => {
    const error = errors[e] + meanError;
    return Math.abs(value - mean) + error + UNIT * (Math.abs(value - mean) + error);
  });
}
