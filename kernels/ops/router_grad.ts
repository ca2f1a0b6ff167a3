/**
 * Derivatives of routers: one invocation a row.
 *
 * @module
 */
import type { RouteKind } from "../../src/op/kinds.ts";
import { gateGradOp, routeGradOp } from "../../src/ops/router_grad.ts";
import { grid } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { slopeOf } from "../wgsl/activations.ts";
import { perWord } from "../wgsl/launch.ts";

/** dscores = α·g′(z)·dgates. */
export const gateGrad = defineKernel(
  gateGradOp,
  ({ inputs: { scores, offsets }, params: { kind, alpha } }) => [perWord({
    label: `gateGrad.${kind}`,
    ...{ rows: scores.shape[0], offsets },
    floats: { ALPHA: kind === "none" ? 1 : alpha },
    functions: slopeOf(kind, false),
    statements: "dscores[m] = ALPHA * slope(scores[m]) * dgates[m];",
  })],
);

/** WGSL: adds the gradients of the chosen weights to dp. */
function chosenGrads(normalize: boolean): string {
  const shared = /* wgsl */ `
  var inner = 0.0;
  var total = 0.0;
  for (var j = m * TOP; j < m * TOP + TOP; j++) {
    inner += dweights[j] * weights[j];
    total += probs[first + u32(experts[j])];
  }`;
  return /* wgsl */ `
  ${normalize ? shared : ""}
  for (var j = m * TOP; j < m * TOP + TOP; j++) {
    dlogits[first + u32(experts[j])] += ${normalize ? "(dweights[j] - inner) / total" : "dweights[j]"};
  }`;
}

/** WGSL: dlogits over α·s, given dp in its place, and what comes before it. */
const slopes: Readonly<Record<RouteKind, { readonly before: string; readonly value: string }>> = {
  softmax: {
    before: /* wgsl */ `
  var mean = 0.0;
  for (var i = first; i < first + E; i++) { mean += probs[i] * INVERSE * dlogits[i]; }`,
    value: "dlogits[i] - mean",
  },
  sigmoid: { before: "", value: "(1.0 - probs[i] * INVERSE) * dlogits[i]" },
};

/** dp is gathered where dlogits will be; then α·s·(dp − Σ s·dp) or α·s·(1 − s)·dp with s = p/α, so that α·s is p. */
export const routeGrad = defineKernel(routeGradOp, ({ inputs: { probs, dprobs, dweights, offsets }, params }) => {
  const [M, E] = probs.shape;
  const { k, kind, alpha, normalize } = params;
  const { before, value } = slopes[kind];
  return [perWord({
    label: `routeGrad.${kind}`,
    ...{ rows: M, offsets },
    constants: { E, TOP: k },
    floats: { INVERSE: alpha === 0 ? 0 : 1 / alpha },
    workgroups: grid(E === 0 ? 0 : Math.ceil(M / 64)),
    statements: /* wgsl */ `
  let first = m * E;
  for (var i = first; i < first + E; i++) { dlogits[i] = ${dprobs ? "dprobs[i]" : "0.0"}; }
  ${dweights ? chosenGrads(normalize) : ""}
  ${before}
  for (var i = first; i < first + E; i++) { dlogits[i] = ${alpha === 0 ? "0.0" : `probs[i] * (${value})`}; }`,
  })];
});
