import { balanceOp, binaryCrossEntropyOp, crossEntropyOp, logSumExpOp, meanOp } from "../src/ops/losses.ts";
import { DIVISION_ERROR, logSumExpBound, softplusBound, sumBound, TINY, UNIT } from "./bound.ts";
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
export const crossEntropy = defineReference(crossEntropyOp, {
  run({ logits, labels, offsets }, { nll }) {
    const [M, V] = logits.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      if (labels.data[m] < 0) continue;
      const { top, sum } = exponentials(logits, m);
      nll.data[m] = Math.log(sum) + (top - logits.data[m * V + labels.data[m]]);
    }
  },

  /** The logarithm's, a difference and a sum; neither is negative, so that a shift of the logits costs nothing. */
  bound({ logits, labels, offsets }, { nll }) {
    const [M, V] = logits.shape;
    const bound = new Float64Array(M);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      if (labels.data[m] < 0) continue;
      const { top } = exponentials(logits, m);
      const log = logSumExpBound(logits.data.subarray(m * V, (m + 1) * V), top);
      bound[m] = log + 2 * UNIT * (Math.abs(nll.data[m]) + log) + TINY;
    }
    return { nll: bound };
  },
});

/** bce[m] = log(1 + e^z) − z·[m ∈ rows], z = scores[m]. scores [M, 1], rows [S], kept [*] → bce [M, 1]. */
export const binaryCrossEntropy = defineReference(binaryCrossEntropyOp, {
  run({ scores, rows, kept, offsets }, { bce }) {
    const [M] = scores.shape;
    const chosen = new Set(rows.data.subarray(0, liveRows(kept, rows.shape[0])));
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const z = scores.data[m];
      bce.data[m] = chosen.has(m) ? softplus(-z) : softplus(z); // log(1 + e^z) − z = log(1 + e^−z)
    }
  },

  /** That of softplus, whose argument is ±z. */
  bound({ scores, rows, kept, offsets }, { bce }) {
    const [M] = scores.shape;
    const chosen = new Set(rows.data.subarray(0, liveRows(kept, rows.shape[0])));
    const bound = new Float64Array(bce.data.length);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      bound[m] = softplusBound(chosen.has(m) ? -scores.data[m] : scores.data[m]);
    }
    return { bce: bound };
  },
});

/** y[m] = log Σ_e e^(x[m, e]). x [M, E] → y [M, 1]. */
export const logSumExp = defineReference(logSumExpOp, {
  run({ x, offsets }, { y }) {
    for (let m = 0; m < liveRows(offsets, x.shape[0]); m++) {
      const { top, sum } = exponentials(x, m);
      y.data[m] = top + Math.log(sum);
    }
  },

  /** The logarithm's and one sum with the greatest element. */
  bound({ x, offsets }, { y }) {
    const [M, E] = x.shape;
    const bound = new Float64Array(M);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const { top } = exponentials(x, m);
      const log = logSumExpBound(x.data.subarray(m * E, (m + 1) * E), top);
      bound[m] = log + UNIT * (Math.abs(y.data[m]) + log) + TINY;
    }
    return { y: bound };
  },
});

/** Live rows whose label, where there are labels, is not negative. labels [rows], offsets [B + 1]. */
export function scored(rows: number, labels: RefTensor | undefined, offsets: RefTensor | undefined): number[] {
  return Array.from({ length: liveRows(offsets, rows) }, (_, m) => m).filter((m) => !labels || labels.data[m] >= 0);
}

/** What a mean divides by: the given total, or the number of its rows. total [1]. */
export function divisor(rows: readonly number[], total: RefTensor | undefined): number {
  return total ? total.data[0] : rows.length;
}

/** y = Σ_m x[m] / total over the scored rows, 0 where the total is 0. x [M, 1], labels [M], total [1] → y [1]. */
export const mean = defineReference(meanOp, {
  run({ x, labels, offsets, total }, { y }) {
    const rows = scored(x.shape[0], labels, offsets);
    const count = divisor(rows, total);
    let sum = 0;
    for (const m of rows) sum += x.data[m];
    y.data[0] = count > 0 ? sum / count : 0;
  },

  /** A sum and a division. */
  bound({ x, labels, offsets, total }, { y }) {
    const rows = scored(x.shape[0], labels, offsets);
    const count = Math.max(1, divisor(rows, total));
    const absolutes = rows.reduce((sum, m) => sum + Math.abs(x.data[m]), 0);
    const sum = sumBound(Math.max(1, rows.length), absolutes);
    return { y: Float64Array.of(sum / count + DIVISION_ERROR * Math.abs(y.data[0]) + TINY) };
  },
});

/** R = Σ_e counts[e] / k: rows that chose k slots each. counts [E]. */
export function countedRows({ data }: RefTensor, k: number): number {
  let slots = 0;
  for (const count of data) slots += count;
  return slots / k;
}

/** loss = E·Σ_e f_e·P_e, f_e = counts[e] / R, P_e = Σ_m probs[m, e] / R, R = Σ counts / k. probs [M, E], counts [E]. */
export const balance = defineReference(balanceOp, {
  run({ probs, counts, offsets }, { loss, applications }, { k }) {
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

  /** A sum over rows and one over experts, either inside the other; two divisions, two products. Counts are exact. */
  bound({ probs, counts, offsets }, { loss }, { k }) {
    const [M, E] = probs.shape;
    const [live, rows] = [liveRows(offsets, M), Math.max(1, countedRows(counts, k))];
    let absolutes = 0;
    for (let i = 0; i < live * E; i++) absolutes += counts.data[i % E] * Math.abs(probs.data[i]);
    const sum = sumBound(live + E, E * absolutes / rows / rows);
    const rounding = (2 * UNIT + 2 * DIVISION_ERROR) * Math.abs(loss.data[0]);
    return { loss: Float64Array.of(sum + rounding + TINY), applications: new Float64Array(1) };
  },
});
