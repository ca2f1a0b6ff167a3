import type { RouteKind } from "../src/op/kinds.ts";
import { gateOp, routeOp } from "../src/ops/router.ts";
import { activations } from "./activation.ts";
import { sigmoid } from "./math.ts";
import { defineReference, liveRows } from "./reference.ts";

/** g[m] = α·f(z[m]), f the activation that the gate is called by, or z[m]. scores [M, 1] → gates [M, 1]. */
export const gate = defineReference(gateOp, ({ scores, offsets }, { gates }, { kind, alpha }) => {
  const [M] = scores.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    gates.data[m] = kind === "none" ? scores.data[m] : alpha * activations[kind](scores.data[m]);
  }
});

/** p/α of one row z [E]. */
const probabilities: Readonly<Record<RouteKind, (z: number[]) => number[]>> = {
  softmax(z) {
    const highest = Math.max(...z);
    const powers = z.map((value) => Math.exp(value - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  },
  sigmoid: (z) => z.map(sigmoid),
};

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

/**
 * p[m] = α·softmax(z[m]) or α·σ(z[m]); experts[m] = the k largest of p[m] + bias, ties to the lower; weights[m, j] =
 * p[m, experts[m, j]] (/ Σ_j of these). logits z [M, E], bias [E] → probs [M, E], experts [M, k], weights [M, k].
 */
export const route = defineReference(routeOp, ({ logits, bias, offsets }, { probs, experts, weights }, params) => {
  const [M, E] = logits.shape;
  const { k, kind, alpha, normalize } = params;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const p = probabilities[kind]([...logits.data.subarray(m * E, (m + 1) * E)]).map((value) => alpha * value);
    const chosen = largest(p.map((value, e) => value + (bias?.data[e] ?? 0)), k);
    probs.data.set(p, m * E);
    experts.data.set(chosen, m * k);
    weights.data.set(weightsOf(p, chosen, normalize), m * k);
  }
});
