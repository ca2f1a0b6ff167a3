/**
 * Derivatives of activations: one invocation a word.
 *
 * @module
 */
import type { ActivationKind } from "../../src/ops/activation.ts";
import { activationGradOp, gatedUnitGradOp } from "../../src/ops/activation_grad.ts";
import { overWord, scalars, wordsOf } from "./activation.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { geluGradWgsl, sigmoidGradWgsl, siluGradWgsl, tanhGradWgsl } from "../wgsl/math_grad.ts";

/** WGSL functions that a kind and its derivative need, and the derivative at `x`. */
const slopes: Readonly<Record<ActivationKind, { functions: string; slope: string }>> = {
  gelu: { functions: geluGradWgsl, slope: "geluGrad(x)" },
  silu: { functions: siluGradWgsl, slope: "siluGrad(x)" },
  relu: { functions: "", slope: "select(0.0, 1.0, x > 0.0)" },
  tanh: { functions: tanhGradWgsl, slope: "tanhGrad(x)" },
  sigmoid: { functions: sigmoidGradWgsl, slope: "sigmoidGrad(x)" },
  square: { functions: "", slope: "2.0 * x" },
};

/** WGSL: `slope(x)`, the derivative of the activation of a word. */
function slopeOf(kind: ActivationKind, vector: boolean): string {
  const { functions, slope } = slopes[kind];
  return `${functions}\n${overWord("slope", slope, vector)}`;
}

/** dx = f′(x) ⊙ dy. */
export const activationGrad = defineKernel(activationGradOp, ({ inputs: { x, offsets }, params: { kind } }) => {
  const [M, F] = x.shape;
  const { vector, W, word } = wordsOf(F);
  return [{
    label: `activationGrad.${kind}`,
    constants: { W },
    sizes: rowSizes(M, offsets),
    elements: { x: word, dy: word, dx: word },
    workgroups: grid(Math.ceil(M * W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${slopeOf(kind, vector)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  if (at >= liveRows() * W) { return; }
  dx[at] = slope(x[at]) * dy[at];
}`,
  }];
});

/** du = (f′(u[:F]) ⊙ u[F:] ⊙ dz, f(u[:F]) ⊙ dz); an invocation writes both halves' words. */
export const gatedUnitGrad = defineKernel(gatedUnitGradOp, ({ inputs: { dz, offsets }, params: { kind } }) => {
  const [M, F] = dz.shape;
  const { vector, W, word } = wordsOf(F);
  return [{
    label: `gatedUnitGrad.${kind}`,
    constants: { W },
    sizes: rowSizes(M, offsets),
    elements: { u: word, dz: word, du: word },
    workgroups: grid(Math.ceil(M * W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${slopeOf(kind, vector)}
${overWord("value", scalars[kind].value, vector)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  if (at >= liveRows() * W) { return; }
  let gate = at + at / W * W;
  let x = u[gate];
  let upstream = dz[at];
  du[gate] = slope(x) * u[gate + W] * upstream;
  du[gate + W] = value(x) * upstream;
}`,
  }];
});
