import type { RouteKind } from "../../src/op/kinds.ts";
import { gateOp, routeOp } from "../../src/ops/router.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { DIVISION_ERROR, expError, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { sumOf } from "./sums.ts";
import { activationErrors, sigmoidBound } from "./scalars.ts";

/** The function's error, times α; then the rounding of α to float32 and of the product. */
export const gate = defineBound(gateOp, ({ scores, offsets }, { gates }, { kind, alpha }) => {
  const [M] = scores.shape;
  const bound = new Float64Array(M).fill(TINY);
  if (kind === "none") return { gates: bound };
  for (let m = 0; m < liveRows(offsets, M); m++) {
    bound[m] += Math.abs(alpha) * activationErrors[kind](scores.data[m]) + 2 * UNIT * Math.abs(gates.data[m]);
  }
  return { gates: bound };
});

/** Largest error of each of the probabilities p of one row z [E]. */
const probabilityErrors: Readonly<Record<RouteKind, (z: number[], p: number[], alpha: number) => number[]>> = {
  softmax(z, p, alpha) {
    const highest = Math.max(...z);
    // e^d: the rounding of d = z − max, and exp itself
    const power = z.map((value) => (highest - value) * UNIT + expError(highest - value));
    // the sum: the weighted errors of its terms, and the roundings of E additions
    const sum = p.reduce(
      (total, value, e) => total + (alpha === 0 ? 0 : value / alpha) * power[e],
      sumOf(z.length, (e) => alpha === 0 ? 0 : p[e] / alpha).error({ term: 0 }),
    );
    // then a division, the product with α, α's own rounding, and one unit for products of errors
    const rest = sum + DIVISION_ERROR + 3 * UNIT;
    return p.map((value, e) => Math.abs(value) * (power[e] + rest) + (1 + Math.abs(alpha)) * TINY);
  },
  sigmoid: (z, p, alpha) =>
    p.map((value, e) => Math.abs(alpha) * sigmoidBound(z[e]) + 2 * UNIT * Math.abs(value) + TINY),
};

/** A weight has its probability's error; normalised, also w times the error of the sum, k roundings and a division. */
export const route = defineBound(routeOp, ({ logits, offsets }, { probs, experts, weights }, params) => {
  const [M, E] = logits.shape;
  const { k, kind, alpha, normalize } = params;
  const bounds = { probs: new Float64Array(M * E), weights: new Float64Array(M * k) };
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const row = (tensor: RefTensor, columns: number) => tensor.data.subarray(m * columns, (m + 1) * columns);
    const p = [...row(probs, E)];
    const error = probabilityErrors[kind]([...row(logits, E)], p, alpha);
    const chosen = [...row(experts, k)];
    const sum = Math.abs(chosen.reduce((total, e) => total + p[e], 0));
    const sumError = chosen.reduce((total, e) => total + error[e], 0);
    chosen.forEach((e, j) => {
      const w = Math.abs(weights.data[m * k + j]);
      const divided = (error[e] + w * sumError) / sum + w * (k * UNIT + DIVISION_ERROR) + TINY;
      bounds.weights[m * k + j] = normalize ? divided : error[e];
    });
    bounds.probs.set(error, m * E);
  }
  return bounds;
});
