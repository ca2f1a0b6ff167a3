import { normOp } from "../../src/ops/norm.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { rowScale } from "../wgsl/norm_scale.ts";
import { rowLanes, sumLanes } from "../wgsl/reduce.ts";

/** y = (x − mean) / √(variance + ε) ⊙ weight; a work group a row, four columns at a time where the width allows. */
export const norm = defineKernel(normOp, ({ inputs: { x, offsets }, params: { kind, eps }, adapter }) => {
  const [M, D] = x.shape;
  const vector = D % 4 === 0;
  const W = vector ? D / 4 : D;
  const lanes = rowLanes(adapter, W);
  const word = vector ? "vec4<f32>" : "f32";
  const sum = vector ? "dot(sum, vec4<f32>(1.0))" : "sum";
  const mean = /* wgsl */ `
  for (var w = lane; w < W; w += LANES) { sum += x[row + w]; }
  let mean = sumLanes(lane, ${sum}) / f32(D);
  sum = ${word}();`;
  const centered = kind === "layer" ? "(x[row + w] - mean)" : "x[row + w]";
  return [{
    label: `norm.${kind}`,
    constants: { D, W, LANES: lanes },
    floats: { EPS: eps },
    sizes: rowSizes(M, offsets),
    elements: { x: word, weight: word, y: word },
    workgroups: grid(D === 0 ? 0 : M),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${sumLanes(lanes)}
${rowScale(word, kind === "layer")}
fn run(m: u32, lane: u32) {
  if (m >= liveRows()) { return; }
  let row = m * W;
  var sum = ${word}();
  ${kind === "layer" ? mean : ""}
  for (var w = lane; w < W; w += LANES) {
    let c = ${centered};
    sum += c * c;
  }
  let scale = scaleOf(sumLanes(lane, ${sum}), row, ${kind === "layer" ? "mean" : "0.0"});
  for (var w = lane; w < W; w += LANES) { y[row + w] = ${centered} * scale.x * scale.y * weight[w]; }
}`,
  }];
});
