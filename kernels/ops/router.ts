/**
 * Routers: one invocation a row.
 *
 * @module
 */
import type { RouteKind } from "../../src/op/kinds.ts";
import { gateOp, routeOp } from "../../src/ops/router.ts";
import { defineKernel } from "../host/kernel.ts";
import { valueOf } from "../wgsl/activations.ts";
import { perWord } from "../wgsl/launch.ts";
import { sigmoidWgsl } from "../wgsl/math.ts";

/** g = α·f(z), f the activation that the gate is called by, or z. */
export const gate = defineKernel(gateOp, ({ inputs: { scores, offsets }, params: { kind, alpha } }) => [perWord({
  label: `gate.${kind}`,
  ...{ rows: scores.shape[0], offsets },
  floats: { ALPHA: kind === "none" ? 1 : alpha },
  functions: valueOf(kind, false),
  statements: "gates[m] = ALPHA * value(scores[m]);",
})]);

/** WGSL: `probabilities(at)` of the row of logits at `at`. */
const probabilities: Readonly<Record<RouteKind, string>> = {
  softmax: /* wgsl */ `
fn probabilities(at: u32) {
  var highest = logits[at];
  for (var e = 1u; e < E; e++) { highest = max(highest, logits[at + e]); }
  var sum = 0.0;
  for (var e = 0u; e < E; e++) {
    let power = exp(logits[at + e] - highest);
    probs[at + e] = power;
    sum += power;
  }
  for (var e = 0u; e < E; e++) { probs[at + e] = ALPHA * (probs[at + e] / sum); }
}`,
  sigmoid: /* wgsl */ `
${sigmoidWgsl}
fn probabilities(at: u32) {
  for (var e = 0u; e < E; e++) { probs[at + e] = ALPHA * sigmoid(logits[at + e]); }
}`,
};

/**
 * p, the k best of p + bias and their weights. Values are ranked by (value, −index): the next best is the largest of those
 * that rank below the last one, so nothing is sorted or marked. lavapipe ends the loops of an invocation after 65,535
 * rounds in all: k·E has to stay below that.
 */
export const route = defineKernel(routeOp, ({ inputs: { logits, bias, offsets }, params }) => {
  const [M, E] = logits.shape;
  const { k, kind, alpha, normalize } = params;
  return [perWord({
    label: `route.${kind}`,
    ...{ rows: M, offsets },
    constants: { E, TOP: k },
    floats: { ALPHA: alpha },
    functions: `${probabilities[kind]}
fn preference(at: u32, e: u32) -> f32 { return probs[at + e]${bias ? " + bias[e]" : ""}; }`,
    statements: /* wgsl */ `
  probabilities(m * E);
  var last = 0u;
  var lastValue = 0.0;
  var sum = 0.0;
  for (var j = 0u; j < TOP; j++) {
    var best = 0u;
    var bestValue = 0.0;
    var found = false;
    for (var e = 0u; e < E; e++) {
      let value = preference(m * E, e);
      let below = j == 0u || value < lastValue || (value == lastValue && e > last);
      if (below && (!found || value > bestValue)) {
        best = e;
        bestValue = value;
        found = true;
      }
    }
    experts[m * TOP + j] = i32(best);
    weights[m * TOP + j] = probs[m * E + best];
    sum += probs[m * E + best];
    last = best;
    lastValue = bestValue;
  }
  ${normalize ? "for (var j = 0u; j < TOP; j++) { weights[m * TOP + j] /= sum; }" : ""}`,
  })];
});
