import {
  balanceGradOp,
  binaryCrossEntropyGradOp,
  crossEntropyGradOp,
  logSumExpGradOp,
  meanGradOp,
} from "../src/ops/losses_grad.ts";
import { DIVISION_ERROR, exponentialsError, powerError, sigmoidBound, TINY, UNIT } from "./bound.ts";
import { countedRows, divisor, exponentials, scored } from "./losses.ts";
import { sigmoid } from "./math.ts";
import { defineReference, liveRows } from "./reference.ts";

/**
 * dlogits[m, v] = (e^(logits[m, v] − top) / Σ_w e^(logits[m, w] − top) − [v = labels[m]])·dnll[m], top the row's greatest;
 * 0 where labels[m] < 0. logits [M, V], labels [M], dnll [M, 1] → dlogits [M, V].
 */
export const crossEntropyGrad = defineReference(crossEntropyGradOp, {
  run({ logits, labels, dnll, offsets }, { dlogits }) {
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

  /**
   * p: a power, the sum's error below the line, and a division or a reciprocal with a product; powers may be flushed or
   * held at the smallest normal number. Then a difference and a product with dnll, in either order.
   */
  bound({ logits, labels, dnll, offsets }, { dlogits }) {
    const [M, V] = logits.shape;
    const bound = new Float64Array(M * V);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      if (labels.data[m] < 0) continue;
      const { top } = exponentials(logits, m);
      const { sum, relative } = exponentialsError(logits.data.subarray(m * V, (m + 1) * V), top);
      const quotient = relative / (1 - relative) + DIVISION_ERROR + 2 * UNIT;
      const upstream = Math.abs(dnll.data[m]);
      for (let v = 0; v < V; v++) {
        const below = top - logits.data[m * V + v];
        const p = Math.exp(-below) / sum;
        const error = 3 * TINY + (p > 0 ? p * Math.expm1(powerError(below) + quotient) : 0);
        bound[m * V + v] = upstream * error + 2 * UNIT * (Math.abs(dlogits.data[m * V + v]) + upstream * error) + TINY;
      }
    }
    return { dlogits: bound };
  },
});

/** dscores[m] = (σ(z) − [m ∈ rows])·dbce[m], z = scores[m]. scores, dbce [M, 1], rows [S], kept [*] → dscores [M, 1]. */
export const binaryCrossEntropyGrad = defineReference(binaryCrossEntropyGradOp, {
  run({ scores, rows, kept, dbce, offsets }, { dscores }) {
    const chosen = new Set(rows.data.subarray(0, liveRows(kept, rows.shape[0])));
    for (let m = 0; m < liveRows(offsets, scores.shape[0]); m++) {
      const z = scores.data[m];
      dscores.data[m] = (chosen.has(m) ? -sigmoid(-z) : sigmoid(z)) * dbce.data[m]; // σ(z) − 1 = −σ(−z)
    }
  },

  /** That of σ, whose argument is ±z, and one product. */
  bound({ scores, rows, kept, dbce, offsets }, { dscores }) {
    const chosen = new Set(rows.data.subarray(0, liveRows(kept, rows.shape[0])));
    const bound = new Float64Array(dscores.data.length);
    for (let m = 0; m < liveRows(offsets, scores.shape[0]); m++) {
      const z = scores.data[m];
      const error = Math.abs(dbce.data[m]) * sigmoidBound(chosen.has(m) ? -z : z);
      bound[m] = error + UNIT * (Math.abs(dscores.data[m]) + error) + TINY;
    }
    return { dscores: bound };
  },
});

/** dx[m, e] = e^(x[m, e] − y[m])·dy[m], where y = log Σ e^x makes the power a softmax. x [M, E], y, dy [M, 1] → dx [M, E]. */
export const logSumExpGrad = defineReference(logSumExpGradOp, {
  run({ x, y, dy, offsets }, { dx }) {
    const [M, E] = x.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let e = 0; e < E; e++) dx.data[m * E + e] = Math.exp(x.data[m * E + e] - y.data[m]) * dy.data[m];
    }
  },

  /** A power, which may be flushed or held at the smallest normal number, and one product. */
  bound({ x, y, dy, offsets }, { dx }) {
    const [M, E] = x.shape;
    const bound = new Float64Array(M * E);
    for (let i = 0; i < liveRows(offsets, M) * E; i++) {
      const m = Math.floor(i / E);
      const error = powerError(Math.abs(y.data[m] - x.data[i]));
      const value = Math.abs(dx.data[i]);
      bound[i] = (value > 0 ? value * (error + UNIT * (1 + error)) : 0) + (2 * Math.abs(dy.data[m]) + 1) * TINY;
    }
    return { dx: bound };
  },
});

/** dx[m] = dy / total for the rows that are scored, 0 for the others. dy [1], labels [M], total [1] → dx [M, 1]. */
export const meanGrad = defineReference(meanGradOp, {
  run({ dy, labels, offsets, total }, { dx }, { M }) {
    const rows = scored(M, labels, offsets);
    const count = divisor(rows, total);
    for (const m of rows) dx.data[m] = count > 0 ? dy.data[0] / count : 0;
  },

  /** A division, or a reciprocal and a product. */
  bound: (_inputs, { dx }) => ({
    dx: Float64Array.from(dx.data, (value) => (DIVISION_ERROR + 2 * UNIT) * Math.abs(value) + TINY),
  }),
});

/** dprobs[m, e] = dloss·E·f_e / R, f_e = counts[e] / R, R = Σ counts / k. counts [E], dloss [1] → dprobs [M, E]. */
export const balanceGrad = defineReference(balanceGradOp, {
  run({ counts, dloss, offsets }, { dprobs }, { M, k }) {
    const [E] = counts.shape;
    const rows = countedRows(counts, k);
    for (let i = 0; i < liveRows(offsets, M) * E && rows > 0; i++) {
      dprobs.data[i] = dloss.data[0] * E * (counts.data[i % E] / rows) / rows;
    }
  },

  /** Two products and two divisions, whose products of errors are below one unit; counts are exact. */
  bound: (_inputs, { dprobs }) => ({
    dprobs: Float64Array.from(dprobs.data, (value) => (2 * DIVISION_ERROR + 3 * UNIT) * Math.abs(value) + TINY),
  }),
});
