import { gateOp, type GateParams, routeOp, type RouteParams } from "../src/ops/router.ts";
import { DIVISION_ERROR, expError, sigmoidBound, tanhBound, TINY, UNIT } from "./bound.ts";
import { sigmoid } from "./math.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

function squash(z: number, { kind, alpha }: GateParams): number {
  switch (kind) {
    case "sigmoid":
      return alpha * sigmoid(z);
    case "tanh":
      return alpha * Math.tanh(z);
    case "none":
      return z;
    default:
      return kind satisfies never;
  }
}

/** g[m] = α·σ(z[m]), α·tanh(z[m]) or z[m]. scores [M, 1] → gates [M, 1]. */
export const gate = defineReference(gateOp, {
  run({ scores, offsets }, { gates }, params) {
    const [M] = scores.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) gates.data[m] = squash(scores.data[m], params);
  },

  /** The function's error, times α; then the rounding of α to float32 and of the product. */
  bound({ scores, offsets }, { gates }, { kind, alpha }) {
    const [M] = scores.shape;
    const bound = new Float64Array(M).fill(TINY);
    if (kind === "none") return { gates: bound };
    const inner = kind === "sigmoid" ? sigmoidBound : tanhBound;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      bound[m] += Math.abs(alpha) * inner(scores.data[m]) + 2 * UNIT * Math.abs(gates.data[m]);
    }
    return { gates: bound };
  },
});

/** p = α·softmax(z) or α·σ(z), of one row z [E]. */
function probabilities(z: ArrayLike<number>, { kind, alpha }: RouteParams): number[] {
  if (kind === "sigmoid") return Array.from(z, (value) => alpha * sigmoid(value));
  const highest = Math.max(...Array.from(z));
  const powers = Array.from(z, (value) => Math.exp(value - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => alpha * power / sum);
}

/** The numbers of the k largest values, best first; of equal ones the lower comes first. */
function largest(values: readonly number[], k: number): number[] {
  return values.map((_, e) => e).sort((a, b) => values[b] - values[a] || a - b).slice(0, k);
}

/** Weights of chosen alternatives: their probabilities, divided by the sum of these if `normalize`. */
export function weightsOf(p: ArrayLike<number>, chosen: ArrayLike<number>, normalize: boolean): number[] {
  const weights = Array.from(chosen, (e) => p[e]);
  const sum = normalize ? weights.reduce((total, weight) => total + weight, 0) : 1;
  return weights.map((weight) => weight / sum);
}

/** Largest error of each of the probabilities of one row z [E]. */
function probabilityBounds(z: ArrayLike<number>, p: readonly number[], { kind, alpha }: RouteParams): number[] {
  const E = z.length;
  if (kind === "sigmoid") {
    return p.map((value, e) => Math.abs(alpha) * sigmoidBound(z[e]) + 2 * UNIT * Math.abs(value) + TINY);
  }
  const highest = Math.max(...Array.from(z));
  // e^d: the rounding of d = z − max, and exp itself
  const power = Array.from(z, (value) => (highest - value) * UNIT + expError(highest - value));
  // the sum: the weighted errors of its terms, and E roundings
  const sum = p.reduce((total, value, e) => total + (alpha === 0 ? 0 : value / alpha) * power[e], E * UNIT);
  // then a division, the product with α, α's own rounding, and one unit for products of errors
  const rest = sum + DIVISION_ERROR + 3 * UNIT;
  return p.map((value, e) => Math.abs(value) * (power[e] + rest) + (1 + Math.abs(alpha)) * TINY);
}

/**
 * p[m] = α·softmax(z[m]) or α·σ(z[m]); experts[m] = the k largest of p[m] + bias, ties to the lower; weights[m, j] =
 * p[m, experts[m, j]] (/ Σ_j of these). logits z [M, E], bias [E] → probs [M, E], experts [M, k], weights [M, k].
 */
export const route = defineReference(routeOp, {
  run({ logits, bias, offsets }, { probs, experts, weights }, params) {
    const [M, E] = logits.shape;
    const { k, normalize } = params;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const p = probabilities(logits.data.subarray(m * E, (m + 1) * E), params);
      const chosen = largest(p.map((value, e) => value + (bias?.data[e] ?? 0)), k);
      probs.data.set(p, m * E);
      experts.data.set(chosen, m * k);
      weights.data.set(weightsOf(p, chosen, normalize), m * k);
    }
  },

  /** A weight has its probability's error; normalised, also w times the error of the sum, k roundings and a division. */
  bound({ logits, offsets }, { probs, experts, weights }, params) {
    const [M, E] = logits.shape;
    const { k, normalize } = params;
    const bounds = { probs: new Float64Array(M * E), weights: new Float64Array(M * k) };
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const row = (tensor: RefTensor, columns: number) => tensor.data.subarray(m * columns, (m + 1) * columns);
      const p = [...row(probs, E)];
      const error = probabilityBounds(row(logits, E), p, params);
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
  },
});
