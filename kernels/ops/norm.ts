import { normOp } from "../../src/ops/norm.ts";
import { grid } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { perRow } from "../wgsl/launch.ts";
import { centers, rowScale } from "../wgsl/norm_scale.ts";
import { rowLanes, sumLanes } from "../wgsl/reduce.ts";
import { wordsOf } from "../wgsl/words.ts";

/** y = (x − mean) / √(variance + ε) ⊙ weight; a work group a row. */
export const norm = defineKernel(normOp, ({ inputs: { x, offsets }, params: { kind, eps }, adapter }) => {
  const [M, D] = x.shape;
  const { W, word, sum } = wordsOf(D);
  const lanes = rowLanes(adapter, W);
  const layer = centers[kind];
  const mean = /* wgsl */ `
  for (var w = lane; w < W; w += LANES) { sum += x[row + w]; }
  let mean = sumLanes(lane, ${sum("sum")}) / f32(D);
  sum = ${word}();`;
  const centered = layer ? "(x[row + w] - mean)" : "x[row + w]";
  return [perRow({
    label: `norm.${kind}`,
    ...{ rows: M, offsets, lanes },
    constants: { D, W },
    floats: { EPS: eps },
    elements: { x: word, weight: word, y: word },
    workgroups: grid(D === 0 ? 0 : M),
    functions: sumLanes(lanes) + rowScale(word, layer),
    statements: /* wgsl */ `
  let row = m * W;
  var sum = ${word}();
  ${layer ? mean : ""}
  for (var w = lane; w < W; w += LANES) {
    let c = ${centered};
    sum += c * c;
  }
  let scale = scaleOf(sumLanes(lane, ${sum("sum")}), row, ${layer ? "mean" : "0.0"});
  for (var w = lane; w < W; w += LANES) { y[row + w] = ${centered} * scale.x * scale.y * weight[w]; }`,
  })];
});
