import { sampleOp } from "../../src/ops/sample.ts";
import { exponentials } from "../losses.ts";
import { liveRows } from "../reference.ts";
import { isDistribution } from "../sample.ts";
import { TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { logSumExpBound } from "./exponentials.ts";

/** The logarithm's, a difference and a sum, as for the cross-entropy of the drawn id. */
export const sample = defineBound(sampleOp, ({ logits, offsets }, { logProbs }) => {
  const [B, V] = logits.shape;
  const bound = new Float64Array(B);
  for (let b = 0; b < liveRows(offsets, B); b++) {
    if (!isDistribution(logits.data.subarray(b * V, (b + 1) * V))) continue; // (NO_TOKEN, 0)
    const log = logSumExpBound(logits.data.subarray(b * V, (b + 1) * V), exponentials(logits, b).top);
    bound[b] = log + 2 * UNIT * (Math.abs(logProbs.data[b]) + log) + TINY;
  }
  return { logProbs: bound };
});
