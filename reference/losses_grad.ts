import {
  binaryCrossEntropyGradOp,
  crossEntropyGradOp,
  loadBalanceLossGradOp,
  logSumExpGradOp,
  meanGradOp,
} from "../src/ops/losses_grad.ts";
import { countedRows, divisor, exponentials, scored } from "./losses.ts";
import { sigmoid } from "./math.ts";
import { defineReference, liveRows } from "./reference.ts";

/**
 * dlogits[m, v] = (e^(logits[m, v] − top) / Σ_w e^(logits[m, w] − top) − [v = labels[m]])·dnll[m], top the row's greatest;
 * 0 where labels[m] < 0. logits [M, V], labels [M], dnll [M, 1] → dlogits [M, V].
 */
export const crossEntropyGrad = defineReference(
  crossEntropyGradOp,
  ({ logits, labels, dnll, offsets }, { dlogits }) => {
    const [M, V] = logits.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      if (labels.data[m] < 0) continue;
      const { top, sum } = exponentials(logits, m);
      for (let v = 0; v < V; v++) {
        const p = Math.exp(logits.data[m * V + v] - top) / sum;
        dlogits.data[m * V + v] = (p - (v === labels.data[m] ? 1 : 0)) * dnll.data[m];
      }
    }
  },
);

/** dscores[m] = (σ(z) − [m ∈ rows])·dbce[m], z = scores[m]. scores, dbce [M, 1], rows [S], kept [*] → dscores [M, 1]. */
export const binaryCrossEntropyGrad = defineReference(
  binaryCrossEntropyGradOp,
  ({ scores, rows, kept, dbce, offsets }, { dscores }) => {
    const chosen = new Set(rows.data.subarray(0, liveRows(kept, rows.shape[0])));
    for (let m = 0; m < liveRows(offsets, scores.shape[0]); m++) {
      const z = scores.data[m];
      dscores.data[m] = (chosen.has(m) ? -sigmoid(-z) : sigmoid(z)) * dbce.data[m]; // σ(z) − 1 = −σ(−z)
    }
  },
);

/** dx[m, e] = e^(x[m, e] − y[m])·dy[m], where y = log Σ e^x makes the power a softmax. x [M, E], y, dy [M, 1] → dx [M, E]. */
export const logSumExpGrad = defineReference(logSumExpGradOp, ({ x, y, dy, offsets }, { dx }) => {
  const [M, E] = x.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let e = 0; e < E; e++) dx.data[m * E + e] = Math.exp(x.data[m * E + e] - y.data[m]) * dy.data[m];
  }
});

/** dx[m] = dy / total for the rows that are scored, 0 for the others. dy [1], labels [M], total [1] → dx [M, 1]. */
export const meanGrad = defineReference(meanGradOp, ({ dy, labels, offsets, total }, { dx }, { M }) => {
  const rows = scored(M, labels, offsets);
  const count = divisor(rows, total);
  for (const m of rows) dx.data[m] = count > 0 ? dy.data[0] / count : 0;
});

/** dprobs[m, e] = dloss·E·f_e / R, f_e = counts[e] / R, R = Σ counts / k. counts [E], dloss [1] → dprobs [M, E]. */
export const loadBalanceLossGrad = defineReference(
  loadBalanceLossGradOp,
  ({ counts, dloss, offsets }, { dprobs }, { M, k }) => {
    const [E] = counts.shape;
    const rows = countedRows(counts, k);
    for (let i = 0; i < liveRows(offsets, M) * E && rows > 0; i++) {
      dprobs.data[i] = dloss.data[0] * E * (counts.data[i % E] / rows) / rows;
    }
  },
);
