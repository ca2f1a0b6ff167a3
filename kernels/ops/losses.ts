/**
 * Losses: a work group a row where rows are long, an invocation a row where they are numbers, one work group for means.
 *
 * @module
 */
import { binaryCrossEntropyOp, crossEntropyOp, loadBalanceLossOp, logSumExpOp, meanOp } from "../../src/ops/losses.ts";
import { liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { fewExponentials, overExponentials } from "../wgsl/exponentials.ts";
import { perWord } from "../wgsl/launch.ts";
import { entryOf } from "../wgsl/list.ts";
import { softplusWgsl } from "../wgsl/math.ts";
import { sumLanes } from "../wgsl/reduce.ts";

/** nll = log Σ e^logits − logits[label]; rows without a label are not read. */
export const crossEntropy = defineKernel(crossEntropyOp, ({ inputs: { logits: { shape }, offsets }, adapter }) => {
  const logit = shape[1] % 4 === 0 ? "logits[row + u32(label) / 4][u32(label) % 4]" : "logits[row + u32(label)]";
  return [overExponentials({
    ...{ label: "crossEntropy", x: "logits", shape, offsets },
    skip: /* wgsl */ `
  let label = labels[m];
  if (label < 0) {
    if (lane == 0) { nll[m] = 0.0; }
    return;
  }`,
    store: `if (lane == 0) { nll[m] = log(sum) + (top - ${logit}); }`,
  }, adapter)];
});

/** y = log Σ e^x. */
export const logSumExp = defineKernel(logSumExpOp, ({ inputs: { x: { shape }, offsets }, adapter }) => {
  const task = { label: "logSumExp", x: "x", shape, offsets };
  if (shape[1] <= 32) return [fewExponentials({ ...task, store: "y[m] = top + log(sum);" })];
  return [overExponentials({ ...task, store: "if (lane == 0) { y[m] = top + log(sum); }" }, adapter)];
});

/** WGSL: `chosen(m)`, whether row m is one of the `kept` first of the ascending `rows`; reads the sizes S and KEPT. */
export const isChosen: string = /* wgsl */ `${entryOf}
fn chosen(m: u32) -> bool {
  let count = min(sizes.S, u32(kept[sizes.KEPT]));
  return entryOf(m, count) < count;
}`;

/** bce = softplus(∓z); one invocation a row, which searches the list for itself. */
export const binaryCrossEntropy = defineKernel(
  binaryCrossEntropyOp,
  ({ inputs: { scores, rows, kept, offsets } }) => [perWord({
    label: "binaryCrossEntropy",
    ...{ rows: scores.shape[0], offsets },
    sizes: { S: rows.shape[0], KEPT: kept.shape[0] - 1 },
    functions: softplusWgsl + isChosen,
    statements: /* wgsl */ `
  let z = scores[m];
  bce[m] = softplus(select(z, -z, chosen(m)));`,
  })],
);

/**
 * Invocations of the one work group that goes over all rows; many, since lavapipe ends an invocation's loops after
 * 65,535 rounds.
 */
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
