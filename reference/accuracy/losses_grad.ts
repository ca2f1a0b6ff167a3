import {
  binaryCrossEntropyGradOp,
  crossEntropyGradOp,
  loadBalanceLossGradOp,
  logSumExpGradOp,
  meanGradOp,
} from "../../src/ops/losses_grad.ts";
import { exponentials } from "../losses.ts";
import { liveRows } from "../reference.ts";
import { DIVISION_ERROR, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { exponentialsError, powerError } from "./exponentials.ts";
import { sigmoidBound } from "./scalars.ts";

/**
 * p: a power, the sum's error below the line, and a division or a reciprocal with a product; powers may be flushed or
 * held at the smallest normal number. Then a difference and a product with dnll, in either order.
 */
export const crossEntropyGrad = defineBound(crossEntropyGradOp, ({ logits, labels, dnll, offsets }, { dlogits }) => {
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
});

/** The error of σ(±z), times dbce, and one product. */
export const binaryCrossEntropyGrad = defineBound(
  binaryCrossEntropyGradOp,
  ({ scores, rows, kept, dbce, offsets }, { dscores }) => {
    const chosen = new Set(rows.data.subarray(0, liveRows(kept, rows.shape[0])));
    const bound = new Float64Array(dscores.data.length);
    for (let m = 0; m < liveRows(offsets, scores.shape[0]); m++) {
      const z = scores.data[m];
      const error = Math.abs(dbce.data[m]) * sigmoidBound(chosen.has(m) ? -z : z);
      bound[m] = error + UNIT * (Math.abs(dscores.data[m]) + error) + TINY;
    }
    return { dscores: bound };
  },
);

/** A power, which may be flushed or held at the smallest normal number, and one product. */
export const logSumExpGrad = defineBound(logSumExpGradOp, ({ x, y, dy, offsets }, { dx }) => {
  const [M, E] = x.shape;
  const bound = new Float64Array(M * E);
  for (let i = 0; i < liveRows(offsets, M) * E; i++) {
    const m = Math.floor(i / E);
    const error = powerError(Math.abs(y.data[m] - x.data[i]));
    const value = Math.abs(dx.data[i]);
    bound[i] = (value > 0 ? value * (error + UNIT * (1 + error)) : 0) + (2 * Math.abs(dy.data[m]) + 1) * TINY;
  }
  return { dx: bound };
});

/** A division, or a reciprocal and a product. */
export const meanGrad = defineBound(meanGradOp, (_inputs, { dx }) => ({
  dx: Float64Array.from(dx.data, (value) => (DIVISION_ERROR + 2 * UNIT) * Math.abs(value) + TINY),
}));

/** Two products and two divisions, whose products of errors are below one unit; counts are exact. */
export const loadBalanceLossGrad = defineBound(loadBalanceLossGradOp, (_inputs, { dprobs }) => ({
  dprobs: Float64Array.from(dprobs.data, (value) => (2 * DIVISION_ERROR + 3 * UNIT) * Math.abs(value) + TINY),
}));
