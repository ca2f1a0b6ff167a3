import type { Call, Dispatch } from "../kernel.ts";
import { grid, groupIndex, liveRows, rowSizes } from "../grid.ts";
import type { LinearParams } from "../../src/ops/linear.ts";

type LinearCall = Call<"x" | "w" | "bias?" | "residual?" | "offsets?", "y", LinearParams>;

/** One invocation an element: the plainest form, for shapes that fit no tile. */
export function plain({ inputs: { x, bias, residual, offsets }, outputs: { y }, params }: LinearCall): Dispatch {
  const [M, O] = y.shape;
  return {
    label: "linear.plain",
    constants: { D: x.shape[1], O, FROM: params.from },
    sizes: rowSizes(M, offsets),
    workgroups: grid(Math.ceil(M * O / 64)),
    wgsl: /* wgsl */ `
${groupIndex}
${liveRows(offsets)}
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = groupIndex(id, groups) * 64 + lane;
  let m = at / O;
  let o = at % O;
  if (m >= liveRows()) { return; }
  var sum = ${bias ? "bias[FROM + o]" : "0.0"};
  for (var d = 0u; d < D; d++) { sum += x[m * D + d] * w[(FROM + o) * D + d]; }
  y[at] = sum${residual ? " + residual[at]" : ""};
}`,
  };
}
