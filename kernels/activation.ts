/**
 * Activations: one invocation an element.
 *
 * @module
 */
import { type ActivationKind, activationOp, gatedUnitOp } from "../src/ops/activation.ts";
import { grid, groupIndex, liveRows, rowSizes } from "./grid.ts";
import { defineKernel } from "./kernel.ts";
import { geluWgsl, sigmoidWgsl, siluWgsl, tanhWgsl } from "./math.ts";

/** WGSL functions that a kind needs, and its value at `x`. */
const scalars: Readonly<Record<ActivationKind, { functions: string; value: string }>> = {
  gelu: { functions: geluWgsl, value: "gelu(x)" },
  silu: { functions: siluWgsl, value: "silu(x)" },
  relu: { functions: "", value: "max(x, 0.0)" },
  tanh: { functions: tanhWgsl, value: "tanhSafe(x)" },
  sigmoid: { functions: sigmoidWgsl, value: "sigmoid(x)" },
  square: { functions: "", value: "x * x" },
};

/** WGSL: one invocation for each of the F columns of a live row; `body` sees `m`, `f` and `at` = m·F + f. */
function everyElement(offsets: Parameters<typeof liveRows>[0], functions: string, body: string): string {
  return /* wgsl */ `
${groupIndex}
${liveRows(offsets)}
${functions}
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = groupIndex(id, groups) * 64 + lane;
  let m = at / F;
  let f = at % F;
  if (m >= liveRows()) { return; }
  ${body}
}`;
}

/** y = f(x). */
export const activation = defineKernel(
  activationOp,
  ({ inputs: { x: { shape: [M, F] }, offsets }, params: { kind } }) => {
    const { functions, value } = scalars[kind];
    return [{
      label: `activation.${kind}`,
      constants: { F },
      sizes: rowSizes(M, offsets),
      workgroups: grid(Math.ceil(M * F / 64)),
      wgsl: everyElement(
        offsets,
        `${functions}\nfn value(x: f32) -> f32 { return ${value}; }`,
        "y[at] = value(x[at]);",
      ),
    }];
  },
);

/** z = f(u[:F]) ⊙ u[F:]. */
export const gatedUnit = defineKernel(gatedUnitOp, ({ inputs: { u, offsets }, outputs: { z }, params: { kind } }) => {
  const [M, F] = z.shape;
  const { functions, value } = scalars[kind];
  return [{
    label: `gatedUnit.${kind}`,
    constants: { F },
    sizes: rowSizes(u.shape[0], offsets),
    workgroups: grid(Math.ceil(M * F / 64)),
    wgsl: everyElement(
      offsets,
      functions,
      /* wgsl */ `
  let x = u[m * 2 * F + f];
  z[at] = ${value} * u[m * 2 * F + F + f];`,
    ),
  }];
});
