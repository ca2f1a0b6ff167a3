import { binaryCrossEntropyOp, crossEntropyOp, loadBalanceLossOp, logSumExpOp, meanOp } from "../../src/ops/losses.ts";
import { countedRows, divisor, exponentials, scored } from "../losses.ts";
import { liveRows } from "../reference.ts";
import { DIVISION_ERROR, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { logSumExpBound } from "./exponentials.ts";
import { laneSumOf, TENSOR } from "./lanes.ts";
import { softplusBound } from "./scalars.ts";

/** The error of the logarithm, a difference and a sum; both are positive, so a shift of the logits does not cancel. */
export const crossEntropy = defineBound(crossEntropyOp, ({ logits, labels, offsets }, { nll }) => {
  const [M, V] = logits.shape;
  const bound = new Float64Array(M);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    if (labels.data[m] < 0) continue;
    const { top } = exponentials(logits, m);
    const log = logSumExpBound(logits.data.subarray(m * V, (m + 1) * V), top);
    bound[m] = log + 2 * UNIT * (Math.abs(nll.data[m]) + log) + TINY;
  }
  return { nll: bound };
});

/** The error of softplus(±z). */
export const binaryCrossEntropy = defineBound(binaryCrossEntropyOp, ({ scores, rows, kept, offsets }, { bce }) => {
  const [M] = scores.shape;
  const chosen = new Set(rows.data.subarray(0, liveRows(kept, rows.shape[0])));
  const bound = new Float64Array(bce.data.length);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    bound[m] = softplusBound(chosen.has(m) ? -scores.data[m] : scores.data[m]);
  }
  return { bce: bound };
});

/** The error of the logarithm, and its sum with the greatest element. */
export const logSumExp = defineBound(logSumExpOp, ({ x, offsets }, { y }) => {
  const [M, E] = x.shape;
  const bound = new Float64Array(M);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const { top } = exponentials(x, m);
    const log = logSumExpBound(x.data.subarray(m * E, (m + 1) * E), top);
    bound[m] = log + UNIT * (Math.abs(y.data[m]) + log) + TINY;
  }
  return { y: bound };
});

/** A sum and a division. */
export const mean = defineBound(meanOp, ({ x, labels, offsets, total }, { y }) => {
  const rows = scored(x.shape[0], labels, offsets);
  const count = Math.max(1, divisor(rows, total));
  const scores = new Float64Array(liveRows(offsets, x.shape[0]));
  for (const m of rows) scores[m] = x.data[m];
  const sum = laneSumOf(scores.length, (m) => scores[m], { lanes: TENSOR }).error({ term: 0 });
  return { y: Float64Array.of(sum / count + DIVISION_ERROR * Math.abs(y.data[0]) + TINY) };
});

/** A sum over rows and experts, a product with each term or with sums of them, two divisions, two products; counts are exact. */
export const loadBalanceLoss = defineBound(loadBalanceLossOp, ({ probs, counts, offsets }, { loss }, { k }) => {
  const [M, E] = probs.shape;
  const [live, rows] = [liveRows(offsets, M), Math.max(1, countedRows(counts, k))];
  const terms = laneSumOf(live * E, (i) => E * counts.data[i % E] * probs.data[i] / rows / rows, {
    lanes: TENSOR,
    word: E,
  });
  const sum = terms.error({ total: 1 });
  const rounding = (2 * UNIT + 2 * DIVISION_ERROR) * Math.abs(loss.data[0]);
  return { loss: Float64Array.of(sum + rounding + TINY), applications: new Float64Array(1) };
});
