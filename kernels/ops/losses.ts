/**
 * Losses: a work group a row where a row is long, one invocation a row where it is a number, one work group for means.
 *
 * @module
 */
import { binaryCrossEntropyOp, crossEntropyOp, loadBalanceLossOp, logSumExpOp, meanOp } from "../../src/ops/losses.ts";
import { fewExponentials, overExponentials } from "../wgsl/exponentials.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { softplusWgsl } from "../wgsl/math.ts";
import { rowLanes, sumLanes } from "../wgsl/reduce.ts";

/** nll = log Σ e^logits − logits[label]; rows without a label are not read. */
export const crossEntropy = defineKernel(crossEntropyOp, ({ inputs: { logits, offsets }, adapter }) => {
  const [M, V] = logits.shape;
  const vector = V % 4 === 0;
  const W = vector ? V / 4 : V;
  const lanes = rowLanes(adapter, W);
  const skip = /* wgsl */ `
  let label = labels[m];
  if (label < 0) {
    if (lane == 0) { nll[m] = 0.0; }
    return;
  }`;
  const logit = vector ? "logits[row + u32(label) / 4][u32(label) % 4]" : "logits[row + u32(label)]";
  const store = `if (lane == 0) { nll[m] = log(sum) + (top - ${logit}); }`;
  return [{
    label: "crossEntropy",
    constants: { W, LANES: lanes },
    sizes: rowSizes(M, offsets),
    elements: { logits: vector ? "vec4<f32>" : "f32" },
    workgroups: grid(M),
    lanes: "LANES",
    wgsl: overExponentials({ x: "logits", lanes, vector, skip, offsets, store }),
  }];
});

/** y = log Σ e^x. */
export const logSumExp = defineKernel(logSumExpOp, ({ inputs: { x, offsets }, adapter }) => {
  const [M, E] = x.shape;
  if (E <= 32) {
    return [{
      label: "logSumExp.few",
      constants: { E },
      sizes: rowSizes(M, offsets),
      workgroups: grid(Math.ceil(M / 64)),
      lanes: 64,
      wgsl: fewExponentials({ x: "x", offsets, store: "y[m] = top + log(sum);" }),
    }];
  }
  const vector = E % 4 === 0;
  const W = vector ? E / 4 : E;
  const lanes = rowLanes(adapter, W);
  return [{
    label: "logSumExp",
    constants: { W, LANES: lanes },
    sizes: rowSizes(M, offsets),
    elements: { x: vector ? "vec4<f32>" : "f32" },
    workgroups: grid(M),
    lanes: "LANES",
    wgsl: overExponentials({
      x: "x",
      lanes,
      vector,
      skip: "",
      offsets,
      store: "if (lane == 0) { y[m] = top + log(sum); }",
    }),
  }];
});

/** WGSL: `chosen(m)`, whether row m is one of the `kept` first of the ascending `rows`; reads the sizes S and KEPT. */
export const isChosen: string = /* wgsl */ `
fn chosen(m: u32) -> bool {
  let count = min(sizes.S, u32(kept[sizes.KEPT]));
  var low = 0u;
  var high = count;
  while (low < high) {
    let middle = (low + high) / 2;
    if (u32(rows[middle]) < m) { low = middle + 1; } else { high = middle; }
  }
  return low < count && u32(rows[low]) == m;
}`;

/** bce = softplus(∓z); one invocation a row, which looks for itself in the ascending list. */
export const binaryCrossEntropy = defineKernel(
  binaryCrossEntropyOp,
  ({ inputs: { scores, rows, kept, offsets } }) => [{
    label: "binaryCrossEntropy",
    sizes: { ...rowSizes(scores.shape[0], offsets), S: rows.shape[0], KEPT: kept.shape[0] - 1 },
    workgroups: grid(Math.ceil(scores.shape[0] / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${softplusWgsl}
${isChosen}
fn run(group: u32, lane: u32) {
  let m = group * 64 + lane;
  if (m >= liveRows()) { return; }
  let z = scores[m];
  bce[m] = softplus(select(z, -z, chosen(m)));
}`,
  }],
);

/** Lanes of the one work group that goes over all rows; many, because lavapipe ends loops after 65,535 rounds of a lane. */
export const ALL_ROWS = 256;

/** y = Σ x / total over the scored rows; one work group, which counts them where no total is given. */
export const mean = defineKernel(meanOp, ({ inputs: { x, labels, offsets, total } }) => [{
  label: "mean",
  constants: { LANES: ALL_ROWS },
  sizes: rowSizes(x.shape[0], offsets),
  workgroups: [1, 1, 1],
  lanes: "LANES",
  wgsl: /* wgsl */ `
${liveRows(offsets)}
${sumLanes(ALL_ROWS)}
fn run(group: u32, lane: u32) {
  var sum = 0.0;
  var count = 0u;
  for (var m = lane; m < liveRows(); m += LANES) {
    let scored = ${labels ? "labels[m] >= 0" : "true"};
    sum += select(0.0, x[m], scored);
    count += u32(scored);
  }
  let all = sumLanes(lane, sum);
  let rows = ${total ? "total[0]" : "sumLanes(lane, f32(count))"};
  if (lane == 0) { y[0] = select(0.0, all / max(rows, 1.0), rows > 0.0); }
}`,
}]);

/** WGSL: `countedRows()`, R = Σ counts / k, a whole number. */
export const countedRows: string = /* wgsl */ `
fn countedRows() -> f32 {
  var slots = 0u;
  for (var e = 0u; e < E; e++) { slots += u32(counts[e]); }
  return f32(slots / k);
}`;

/** loss = E·Σ_m Σ_e counts[e]·probs[m, e] / R²; one work group. */
export const loadBalanceLoss = defineKernel(loadBalanceLossOp, ({ inputs: { probs, offsets }, params: { k } }) => {
  const [M, E] = probs.shape;
  return [{
    label: "loadBalanceLoss",
    constants: { E, k, LANES: ALL_ROWS },
    sizes: rowSizes(M, offsets),
    workgroups: [1, 1, 1],
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${sumLanes(ALL_ROWS)}
${countedRows}
fn run(group: u32, lane: u32) {
  let live = liveRows();
  var sum = 0.0;
  for (var m = lane; m < live; m += LANES) {
    var row = 0.0;
    for (var e = 0u; e < E; e++) { row += counts[e] * probs[m * E + e]; }
    sum += row;
  }
  let total = sumLanes(lane, sum);
  if (lane == 0) {
    let rows = countedRows();
    loss[0] = select(0.0, f32(E) * (total / max(rows, 1.0) / max(rows, 1.0)), rows > 0.0);
    applications[0] = f32(rows > 0.0);
  }
}`,
  }];
});
