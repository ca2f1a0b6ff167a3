import { NO_TOKEN } from "../src/ops/sample.ts";
import { topLogProbsOp } from "../src/ops/top_log_probs.ts";
import { exponentials } from "./losses.ts";
import { defineReference, liveRows } from "./reference.ts";
import { isDistribution } from "./sample.ts";

/** Indices of the k greatest finite numbers in descending order, ties to the lower index. */
function greatest(row: ArrayLike<number>, k: number): number[] {
  const best: number[] = [];
  for (let v = 0; v < row.length; v++) {
    if (row[v] === -Infinity || (best.length === k && row[v] <= row[best[k - 1]])) continue;
    const after = best.findIndex((other) => row[v] > row[other]);
    best.splice(after < 0 ? best.length : after, 0, v);
    if (best.length > k) best.pop();
  }
  return best;
}

/**
 * ids[m, j] = the id of the j-th greatest finite logits[m, v], ties to the lower id; logProbs[m, j] = log
 * softmax(logits[m])[ids[m, j]]; (`NO_TOKEN`, 0) where there is none. logits [M, V] → ids [M, k], logProbs [M, k].
 */
export const topLogProbs = defineReference(topLogProbsOp, ({ logits, offsets }, { ids, logProbs }, { k }) => {
  const [M, V] = logits.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const row = logits.data.subarray(m * V, (m + 1) * V);
    ids.data.fill(NO_TOKEN, m * k, (m + 1) * k);
    if (!isDistribution(row)) continue;
    const { top, sum } = exponentials(logits, m);
    greatest(row, k).forEach((v, j) => {
      ids.data[m * k + j] = v;
      logProbs.data[m * k + j] = row[v] - top - Math.log(sum);
    });
  }
});
