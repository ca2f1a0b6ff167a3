/**
 * Products of few rows for GPUs: decoding reads every weight once, so a work group streams four lines of w.
 *
 * @module
 */
import type { Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";
import { type LinearCall, operands } from "./operands.ts";

/** Threads of a work group. */
const THREADS = 64;

/**
 * y = x·wᵀ for `rows` rows by four columns a work group: threads share the numbers along D, their partial sums are added
 * first within subgroups, where there are any, and then in work group memory.
 */
export function fewRows(call: LinearCall, rows: number): Dispatch {
  const [M, O] = call.outputs.y.shape;
  const { wgsl, ...access } = operands(call);
  const subgroups = call.adapter.features.has("subgroups");
  const normed = call.params.norm !== undefined;
  const keep = (name: string, all: string) => (row: number) =>
    subgroups
      ? `{ let sum = subgroupAdd(${name}${row}); if (lane == 0) { ${all}[thread / width * ${rows} + ${row}] = sum; } }`
      : `${all}[thread * ${rows} + ${row}] = ${name}${row};`;
  const multiply = (row: number) =>
    normed
      ? `{ let a = xAt(x${row}, d); square${row} += dot(a, a); sum${row} += a * weight * b; }`
      : `sum${row} += xAt(x${row}, d) * b;`;
  return {
    label: `linear.rows ${rows}${subgroups ? " subgroups" : ""}${normed ? " normed" : ""}`,
    ...access,
    enable: subgroups ? ["subgroups"] : [],
    workgroups: [Math.ceil(O / 4), Math.ceil(M / rows), 1],
    wgsl: /* wgsl */ `
${wgsl}
var<workgroup> partial: array<vec4<f32>, ${THREADS * rows}>;
${normed ? `var<workgroup> squares: array<f32, ${THREADS * rows}>;` : ""}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
${subgroups ? "@builtin(subgroup_size) width: u32, @builtin(subgroup_invocation_id) lane: u32," : ""}
) {
  let row = id.y * ${rows};
  let column = id.x * 4;
  if (row >= liveRows()) { return; }
${unroll(rows, (r) => `  let x${r} = xLine(row + ${r}); var sum${r} = vec4<f32>();`)}
${normed ? unroll(rows, (r) => `  var square${r} = 0.0;`) : ""}
${unroll(4, (c) => `  let w${c} = wLine(column + ${c});`)}
  for (var d = thread; d < sizes.steps; d += ${THREADS}) {
    let b = mat4x4(${unroll(4, (c) => `wAt(w${c}, d)`, ", ")});
${normed ? "    let weight = weightAt(0, d);" : ""}
${unroll(rows, multiply)}
  }
${unroll(rows, keep("sum", "partial"))}
${normed ? unroll(rows, keep("square", "squares")) : ""}
  workgroupBarrier();
  if (thread < ${rows}) {
    var sum = vec4<f32>();
    ${normed ? "var square = 0.0;" : ""}
    for (var i = 0u; i < ${subgroups ? `(${THREADS} + width - 1) / width` : THREADS}; i++) {
      sum += partial[i * ${rows} + thread];
      ${normed ? `square += squares[i * ${rows} + thread];` : ""}
    }
    ${normed ? "let scale = scaleOf(square, xLine(row + thread), 0.0);" : ""}
    finish(row + thread, column, sum${normed ? " * scale.x * scale.y" : ""});
  }
}`,
  };
}
