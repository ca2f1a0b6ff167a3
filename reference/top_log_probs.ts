import { NO_TOKEN } from "../src/ops/sample.ts";
import { topLogProbsOp } from "../src/ops/top_log_probs.ts";
import { exponentials } from "./losses.ts";
import { defineReference, liveRows } from "./reference.ts";
import { isDistribution } from "./sample.ts";

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
    const finite = Array.from(row.keys()).filter((v) => row[v] > -Infinity);
    finite.sort((a, b) => row[b] - row[a] || a - b).slice(0, k).forEach((v, j) => {
      ids.data[m * k + j] = v;
      logProbs.data[m * k + j] = row[v] - top - Math.log(sum);
    });
  }
});
