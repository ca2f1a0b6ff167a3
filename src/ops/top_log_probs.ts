/**
 * The likeliest tokens of every row, with their log-probabilities.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";

/** Tokens of a row at most. */
export const MOST_TOP = 64;

/** Parameters of {@link topLogProbs}. */
export interface TopLogProbsParams {
  /** Tokens of a row, from 1 to {@link MOST_TOP}, and at most V. */
  readonly k: number;
}

/**
 * The k tokens of every row with the greatest logits, in descending order, ties to the lower id.
 *
 * logProbs[m, j] = log softmax(logits[m])[ids[m, j]]. Tokens of logit −∞ are not listed; an entry without a token is
 * (`NO_TOKEN`, 0), and so are all entries of a row without a distribution: one with a NaN or +∞. logits [M, V] → ids [M, k]
 * i32, logProbs [M, k].
 */
export const topLogProbsOp = defineOp({
  name: "topLogProbs",
  family: "top_log_probs",
  inputs: { logits: "M V", "offsets?": "B+1 i32" },
  outputs: { ids: "M k i32", logProbs: "M k" },
  params: { k: "size" },
  refuse: ({ V }, { k }) =>
    !(k >= 1 && k <= Math.min(V, MOST_TOP)) && `k is ${k}, of ${V} columns, at most ${MOST_TOP}`,
});

/** Applies {@link topLogProbsOp}: logits [M, V] → ids [M, k], logProbs [M, k]. */
export const topLogProbs: Apply<"logits" | "offsets?", "ids" | "logProbs", TopLogProbsParams> = applying(topLogProbsOp);
