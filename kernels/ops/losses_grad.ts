/**
 * Derivatives of losses: a work group a row where rows are long, one invocation a word where words are independent.
 *
 * @module
 */
import {
  binaryCrossEntropyGradOp,
  crossEntropyGradOp,
  loadBalanceLossGradOp,
  logSumExpGradOp,
  meanGradOp,
} from "../../src/ops/losses_grad.ts";
import { liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { overExponentials } from "../wgsl/exponentials.ts";
import { perWord } from "../wgsl/launch.ts";
import { sigmoidWgsl } from "../wgsl/math.ts";
import { sumLanes } from "../wgsl/reduce.ts";
import { wordsOf } from "../wgsl/words.ts";
import { ALL_ROWS, countedRows, isChosen } from "./losses.ts";

/** dlogits = (e^(logits − top) / sum − onehot)·dnll; rows without a label are not read. */
export const crossEntropyGrad = defineKernel(
  crossEntropyGradOp,
  ({ inputs: { logits: { shape }, offsets }, adapter }) => {
    const { vector, word } = wordsOf(shape[1]);
    const columns = vector ? "4 * w + vec4<u32>(0, 1, 2, 3)" : "w";
    return [overExponentials({
      ...{ label: "crossEntropyGrad", x: "logits", shape, offsets, wide: "dlogits" },
      skip: /* wgsl */ `
  let label = labels[m];
  if (label < 0) {
    for (var w = lane; w < W; w += LANES) { dlogits[m * W + w] = ${word}(); }
    return;
  }`,
      store: /* wgsl */ `
  let scale = 1.0 / sum;
  let upstream = dnll[m];
  for (var w = lane; w < W; w += LANES) {
    let p = exp(max(logits[row + w] - top, ${word}(-87.2))) * scale;
    let right = ${columns} == ${vector ? "vec4<u32>(u32(label))" : "u32(label)"};
    dlogits[row + w] = (p - ${word}(right)) * upstream;
  }`,
    }, adapter)];
  },
);

/** dscores = ±σ(±z)·dbce; one invocation a row, which searches the list for itself. */
export const binaryCrossEntropyGrad = defineKernel(
  binaryCrossEntropyGradOp,
  ({ inputs: { scores, rows, kept, offsets } }) => [perWord({
    label: "binaryCrossEntropyGrad",
    ...{ rows: scores.shape[0], offsets },
    sizes: { S: rows.shape[0], KEPT: kept.shape[0] - 1 },
    functions: sigmoidWgsl + isChosen,
    statements: /* wgsl */ `
  let sign = select(1.0, -1.0, chosen(m));
  dscores[m] = sign * sigmoid(sign * scores[m]) * dbce[m];`,
  })],
);

/** dx = e^(x − y)·dy. */
export const logSumExpGrad = defineKernel(logSumExpGradOp, ({ inputs: { x, offsets } }) => {
  const { W, word } = wordsOf(x.shape[1]);
  return [perWord({
    label: "logSumExpGrad",
    ...{ rows: x.shape[0], offsets, each: W },
    elements: { x: word, dx: word },
    statements: `dx[at] = exp(max(x[at] - y[m], ${word}(-87.2))) * dy[m];`,
  })];
});

/** WGSL: the number of scored rows, counted by all lanes. */
const COUNT_SCORED = /* wgsl */ `
  var count = 0u;
  for (var m = lane; m < liveRows(); m += LANES) { count += u32(scored(m)); }
  return sumLanes(lane, f32(count));`;

/** dx = dy / total for the scored rows; one work group, which first counts where no total is given. */
export const meanGrad = defineKernel(meanGradOp, ({ inputs: { labels, offsets, total }, params: { M } }) => [{
  label: "meanGrad",
  constants: { LANES: ALL_ROWS },
  sizes: rowSizes(M, offsets),
  workgroups: [M === 0 ? 0 : 1, 1, 1],
  lanes: "LANES",
  wgsl: /* wgsl */ `
${liveRows(offsets)}
${sumLanes(ALL_ROWS)}
fn scored(m: u32) -> bool { return ${labels ? "labels[m] >= 0" : "true"}; }
fn rows(lane: u32) -> f32 {
  ${total ? "return total[0];" : COUNT_SCORED}
}
fn run(group: u32, lane: u32) {
  let count = rows(lane);
  let share = select(0.0, dy[0] / max(count, 1.0), count > 0.0);
  for (var m = lane; m < liveRows(); m += LANES) { dx[m] = select(0.0, share, scored(m)); }
}`,
}]);

/** dprobs = dloss·E·counts / R², the same in every row; one invocation an element. */
export const loadBalanceLossGrad = defineKernel(
  loadBalanceLossGradOp,
  ({ inputs: { counts, offsets }, params: { M, k } }) => {
    const [E] = counts.shape;
    return [perWord({
      label: "loadBalanceLossGrad",
      ...{ rows: M, offsets, each: E },
      constants: { E, k },
      functions: countedRows,
      statements: /* wgsl */ `
  let rows = countedRows();
  let share = f32(E) * counts[w] / max(rows, 1.0) / max(rows, 1.0);
  dprobs[at] = select(0.0, dloss[0] * share, rows > 0.0);`,
    })];
  },
);
