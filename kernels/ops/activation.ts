/**
 * Activations: one invocation a word.
 *
 * @module
 */
import { type ActivationKind, activationOp, gatedUnitOp } from "../../src/ops/activation.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { geluWgsl, sigmoidWgsl, siluWgsl, tanhWgsl } from "../wgsl/math.ts";

/** WGSL functions that a kind needs, and its value at `x`. */
export const scalars: Readonly<Record<ActivationKind, { functions: string; value: string }>> = {
  gelu: { functions: geluWgsl, value: "gelu(x)" },
  silu: { functions: siluWgsl, value: "silu(x)" },
  relu: { functions: "", value: "select(x, 0.0, x < 0.0)" },
  tanh: { functions: tanhWgsl, value: "tanhSafe(x)" },
  sigmoid: { functions: sigmoidWgsl, value: "sigmoid(x)" },
  square: { functions: "", value: "x * x" },
};

/** WGSL: `name(x)` of a word, one float or four, from its expression for one float `x`. */
export function overWord(name: string, expression: string, vector: boolean): string {
  const one = /* wgsl */ `fn ${name}${vector ? "Of" : ""}(x: f32) -> f32 { return ${expression}; }`;
  if (!vector) return one;
  const four = ["x", "y", "z", "w"].map((element) => `${name}Of(x.${element})`);
  return /* wgsl */ `${one}
fn ${name}(x: vec4<f32>) -> vec4<f32> { return vec4<f32>(${four.join(", ")}); }`;
}

/** WGSL: `value(x)`, the activation of a word. */
export function valueOf(kind: ActivationKind, vector: boolean): string {
  const { functions, value } = scalars[kind];
  return `${functions}\n${overWord("value", value, vector)}`;
}

/** The words of a row: four floats each where the width allows. */
export function wordsOf(F: number): { vector: boolean; W: number; word: string } {
  const vector = F % 4 === 0;
  return { vector, W: vector ? F / 4 : F, word: vector ? "vec4<f32>" : "f32" };
}

/** y = f(x). */
export const activation = defineKernel(activationOp, ({ inputs: { x, offsets }, params: { kind } }) => {
  const [M, F] = x.shape;
  const { vector, W, word } = wordsOf(F);
  return [{
    label: `activation.${kind}`,
    constants: { W },
    sizes: rowSizes(M, offsets),
    elements: { x: word, y: word },
    workgroups: grid(Math.ceil(M * W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${valueOf(kind, vector)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  if (at >= liveRows() * W) { return; }
  y[at] = value(x[at]);
}`,
  }];
});

/** z = f(u[:F]) ⊙ u[F:]; groups along x share a row, so that nothing need be divided to find it. */
export const gatedUnit = defineKernel(gatedUnitOp, ({ inputs: { offsets }, outputs: { z }, params: { kind } }) => {
  const [M, F] = z.shape;
  const { vector, W, word } = wordsOf(F);
  const [rows, sheets] = grid(F === 0 ? 0 : M);
  return [{
    label: `gatedUnit.${kind}`,
    constants: { W },
    sizes: rowSizes(M, offsets),
    elements: { u: word, z: word },
    workgroups: [Math.ceil(W / 64), rows, sheets],
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${valueOf(kind, vector)}
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let m = id.y + id.z * groups.y;
  let w = id.x * 64 + lane;
  if (m >= liveRows() || w >= W) { return; }
  z[m * W + w] = value(u[m * 2 * W + w]) * u[(m * 2 + 1) * W + w];
}`,
  }];
});
