import { activationOp, gatedUnitOp } from "../../src/ops/activation.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { valueOf } from "../wgsl/activations.ts";
import { perWord } from "../wgsl/launch.ts";
import { wordsOf } from "../wgsl/words.ts";

/** y = f(x). */
export const activation = defineKernel(activationOp, ({ inputs: { x, offsets }, params: { kind } }) => {
  const [M, F] = x.shape;
  const { vector, W, word } = wordsOf(F);
  return [perWord({
    label: `activation.${kind}`,
    ...{ rows: M, offsets, each: W },
    elements: { x: word, y: word },
    functions: valueOf(kind, vector),
    statements: "y[at] = value(x[at]);",
  })];
});

/** z = f(u[:F]) ⊙ u[F:]; the work groups along x share a row, so that finding the row takes no division. */
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
