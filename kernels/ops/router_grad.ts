/**
 * Derivatives of routers: one invocation a row.
 *
 * @module
 */
import { gateGradOp, routeGradOp } from "../../src/ops/router_grad.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { sigmoidGradWgsl, tanhGradWgsl } from "../wgsl/math_grad.ts";

/** dscores = α·g′(z)·dgates. */
export const gateGrad = defineKernel(gateGradOp, ({ inputs: { scores, offsets }, params: { kind, alpha } }) => {
  const slope =
    { sigmoid: "ALPHA * sigmoidGrad(scores[m]) * ", tanh: "ALPHA * tanhGrad(scores[m]) * ", none: "" }[kind];
  const [M] = scores.shape;
  return [{
    label: `gateGrad.${kind}`,
    floats: { ALPHA: alpha },
    sizes: rowSizes(M, offsets),
    workgroups: grid(Math.ceil(M / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${
      { sigmoid: sigmoidGradWgsl, tanh: tanhGradWgsl, none: "" }[kind]
    }
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let m = group * 64 + lane;
  if (m >= liveRows()) { return; }
  dscores[m] = ${slope}dgates[m];
}`,
  }];
});

/** WGSL: adds the gradients of the chosen weights to dp. */
function chosenGrads(normalize: boolean): string {
  const shared = /* wgsl */ `
  var inner = 0.0;
  var total = 0.0;
  for (var j = m * TOP; j < m * TOP + TOP; j++) {
    inner += dweights[j] * weights[j];
    total += probs[at + u32(experts[j])];
  }`;
  return /* wgsl */ `
  ${normalize ? shared : ""}
  for (var j = m * TOP; j < m * TOP + TOP; j++) {
    dlogits[at + u32(experts[j])] += ${normalize ? "(dweights[j] - inner) / total" : "dweights[j]"};
  }`;
}

/** dp is gathered where dlogits will be; then α·s·(dp − Σ s·dp) or α·s·(1 − s)·dp with s = p/α, so that α·s is p. */
export const routeGrad = defineKernel(routeGradOp, ({ inputs: { probs, dprobs, dweights, offsets }, params }) => {
  const [M, E] = probs.shape;
  const { k, kind, alpha, normalize } = params;
  const mean = /* wgsl */ `
  var mean = 0.0;
  for (var i = at; i < at + E; i++) { mean += probs[i] * INVERSE * dlogits[i]; }`;
  const value = kind === "softmax" ? "dlogits[i] - mean" : "(1.0 - probs[i] * INVERSE) * dlogits[i]";
  return [{
    label: `routeGrad.${kind}`,
    constants: { E, TOP: k },
    floats: { INVERSE: alpha === 0 ? 0 : 1 / alpha },
    sizes: rowSizes(M, offsets),
    workgroups: grid(E === 0 ? 0 : Math.ceil(M / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let m = group * 64 + lane;
  if (m >= liveRows()) { return; }
  let at = m * E;
  for (var i = at; i < at + E; i++) { dlogits[i] = ${dprobs ? "dprobs[i]" : "0.0"}; }
  ${dweights ? chosenGrads(normalize) : ""}
  ${kind === "softmax" ? mean : ""}
  for (var i = at; i < at + E; i++) { dlogits[i] = ${alpha === 0 ? "0.0" : `probs[i] * (${value})`}; }
}`,
  }];
});
