/**
 * Activations and their derivatives: the functions that each kind needs, and its value and slope at one float `x`.
 *
 * @module
 */
import type { ActivationKind } from "../../src/op/kinds.ts";
import { geluWgsl, sigmoidWgsl, siluWgsl, tanhWgsl } from "./math.ts";
import { geluGradWgsl, sigmoidGradWgsl, siluGradWgsl, tanhGradWgsl } from "./math_grad.ts";

/** WGSL of one kind: the functions of its value, those of value and slope, and both expressions. */
export interface ActivationWgsl {
  readonly functions: string;
  readonly gradFunctions: string;
  readonly value: string;
  readonly slope: string;
}

const of = (functions: string, gradFunctions: string, value: string, slope: string): ActivationWgsl => ({
  ...{ functions, gradFunctions, value, slope },
});

/** Every kind of activation; `none` is the identity, which only gates have. */
export const activations: Readonly<Record<ActivationKind | "none", ActivationWgsl>> = {
  gelu: of(geluWgsl, geluGradWgsl, "gelu(x)", "geluGrad(x)"),
  silu: of(siluWgsl, siluGradWgsl, "silu(x)", "siluGrad(x)"),
  relu: of("", "", "select(x, 0.0, x < 0.0)", "select(0.0, 1.0, x > 0.0)"),
  tanh: of(tanhWgsl, tanhGradWgsl, "tanhSafe(x)", "tanhGrad(x)"),
  sigmoid: of(sigmoidWgsl, sigmoidGradWgsl, "sigmoid(x)", "sigmoidGrad(x)"),
  square: of("", "", "x * x", "2.0 * x"),
  none: of("", "", "x", "1.0"),
};

/** WGSL: `name(x)` of a word, one float or four, from its expression for one float `x`. */
function overWord(name: string, expression: string, vector: boolean): string {
  const one = /* wgsl */ `fn ${name}${vector ? "Of" : ""}(x: f32) -> f32 { return ${expression}; }`;
  if (!vector) return one;
  const four = ["x", "y", "z", "w"].map((element) => `${name}Of(x.${element})`);
  return /* wgsl */ `${one}
fn ${name}(x: vec4<f32>) -> vec4<f32> { return vec4<f32>(${four.join(", ")}); }`;
}

/** WGSL: `value(x)`, the activation of a word. */
export function valueOf(kind: ActivationKind | "none", vector: boolean): string {
  const { functions, value } = activations[kind];
  return `${functions}\n${overWord("value", value, vector)}`;
}

/** WGSL: `value(x)` and `slope(x)`, the activation of a word and its derivative. */
export function slopeOf(kind: ActivationKind | "none", vector: boolean): string {
  const { gradFunctions, value, slope } = activations[kind];
  return `${gradFunctions}\n${overWord("value", value, vector)}\n${overWord("slope", slope, vector)}`;
}
