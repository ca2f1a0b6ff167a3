import { topLogProbsOp } from "../../src/ops/top_log_probs.ts";
import { exponentials } from "../losses.ts";
import { liveRows } from "../reference.ts";
import { isDistribution } from "../sample.ts";
import { TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { logSumExpBound } from "./exponentials.ts";

/** The error of the logarithm, of a difference and of a sum, for every token that there is. */
export const topLogProbs = defineBound(topLogProbsOp, ({ logits, offsets }, { ids, logProbs }, { k }) => {
  const [M, V] = logits.shape;
  const bound = new Float64Array(M * k);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const row = logits.data.subarray(m * V, (m + 1) * V);
    if (!isDistribution(row)) continue;
    const log = logSumExpBound(row, exponentials(logits, m).top);
    for (let at = m * k; at < (m + 1) * k; at++) {
      if (ids.data[at] >= 0) bound[at] = log + 2 * UNIT * (Math.abs(logProbs.data[at]) + log) + TINY;
    }
  }
  return { logProbs: bound };
});
