import { binaryCrossEntropyOp, crossEntropyOp, loadBalanceLossOp, logSumExpOp, meanOp } from "../src/ops/losses.ts";
import { softplus } from "./math.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** Greatest element of row m and Σ_v e^(x[m, v] − greatest), which is at least one. x [M, V]. */
export function exponentials({ data, shape: [, V] }: RefTensor, m: number): { top: number; sum: number } {
  let top = -Infinity;
  for (let v = 0; v < V; v++) top = Math.max(top, data[m * V + v]);
  let sum = 0;
  for (let v = 0; v < V; v++) sum += Math.exp(data[m * V + v] - top);
  return { top, sum };
}

/** nll[m] = log Σ_v e^(logits[m, v]) − logits[m, labels[m]]; 0 where labels[m] < 0. logits [M, V], labels [M] → nll [M, 1]. */
export const crossEntropy = defineReference(crossEntropyOp, ({ logits, labels, offsets }, { nll }) => {
  const [M, V] = logits.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    if (labels.data[m] < 0) continue;
    const { top, sum } = exponentials(logits, m);
    nll.data[m] = Math.log(sum) + (top - logits.data[m * V + labels.data[m]]);
  }
});

/** bce[m] = log(1 + e^z) − z·[m ∈ rows], z = scores[m]. scores [M, 1], rows [S], kept [*] → bce [M, 1]. */
export const binaryCrossEntropy = defineReference(binaryCrossEntropyOp, ({ scores, rows, kept, offsets }, { bce }) => {
  const [M] = scores.shape;
  const chosen = new Set(rows.data.subarray(0, liveRows(kept, rows.shape[0])));
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const z = scores.data[m];
    bce.data[m] = chosen.has(m) ? softplus(-z) : softplus(z); // log(1 + e^z) − z = log(1 + e^−z)
  }
});

/** y[m] = log Σ_e e^(x[m, e]). x [M, E] → y [M, 1]. */
export const logSumExp = defineReference(logSumExpOp, ({ x, offsets }, { y }) => {
  for (let m = 0; m < liveRows(offsets, x.shape[0]); m++) {
    const { top, sum } = exponentials(x, m);
    y.data[m] = top + Math.log(sum);
  }
});

/** Live rows whose label, where there are labels, is not negative. labels [rows], offsets [B + 1]. */
export function scored(rows: number, labels: RefTensor | undefined, offsets: RefTensor | undefined): number[] {
  return Array.from({ length: liveRows(offsets, rows) }, (_, m) => m).filter((m) => !labels || labels.data[m] >= 0);
}

/** Divisor of a mean: the given total, or the number of its rows. total [1]. */
export function divisor(rows: readonly number[], total: RefTensor | undefined): number {
  return total ? total.data[0] : rows.length;
}

/** y = Σ_m x[m] / total over the scored rows, 0 where the total is 0. x [M, 1], labels [M], total [1] → y [1]. */
export const mean = defineReference(meanOp, ({ x, labels, offsets, total }, { y }) => {
  const rows = scored(x.shape[0], labels, offsets);
  const count = divisor(rows, total);
  let sum = 0;
  for (const m of rows) sum += x.data[m];
  y.data[0] = count > 0 ? sum / count : 0;
});

/** R = Σ_e counts[e] / k: rows that chose k slots each. counts [E]. */
export function countedRows({ data }: RefTensor, k: number): number {
  let slots = 0;
  for (const count of data) slots += count;
  return slots / k;
}

/** loss = E·Σ_e f_e·P_e, f_e = counts[e] / R, P_e = Σ_m probs[m, e] / R, R = Σ counts / k. probs [M, E], counts [E]. */
export const loadBalanceLoss = defineReference(
  loadBalanceLossOp,
  ({ probs, counts, offsets }, { loss, applications }, { k }) => {
    const [M, E] = probs.shape;
    const rows = countedRows(counts, k);
    if (rows === 0) return;
    for (let e = 0; e < E; e++) {
      let sum = 0;
      for (let m = 0; m < liveRows(offsets, M); m++) sum += probs.data[m * E + e];
      loss.data[0] += E * (counts.data[e] / rows) * (sum / rows);
    }
    applications.data[0] = 1;
  },
);
