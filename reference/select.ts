import { selectThresholdOp, selectTopKOp } from "../src/ops/select.ts";
import { defineReference } from "./reference.ts";

/** Sort key of a score: the score itself, −∞ for NaN. */
function rankOf(score: number): number {
  return Number.isNaN(score) ? -Infinity : score;
}

/** Comparison of rows for sorting: the higher score first, then numbers before NaN, then the lower row. */
function byRank(scores: ArrayLike<number>): (a: number, b: number) => number {
  return (a, b) => {
    const [first, second] = [rankOf(scores[a]), rankOf(scores[b])];
    if (first !== second) return first > second ? -1 : 1;
    return Number(Number.isNaN(scores[a])) - Number(Number.isNaN(scores[b])) || a - b;
  };
}

/**
 * For each sequence b: the min(capacity[b], length) rows with the highest scores, ties to the lower row, in ascending
 * order. scores [M, 1], offsets [B+1], capacity [B] → rows [limit], kept [B+1]; rows beyond `limit` are dropped.
 */
export const selectTopK = defineReference(selectTopKOp, ({ scores, offsets, capacity }, { rows, kept }, { limit }) => {
  const B = offsets.shape[0] - 1;
  let count = 0;
  for (let b = 0; b < B; b++) {
    const [start, end] = [offsets.data[b], offsets.data[b + 1]];
    const candidates = Array.from({ length: end - start }, (_, t) => start + t);
    const chosen = candidates.sort(byRank(scores.data)).slice(0, Math.max(0, capacity.data[b]));
    for (const row of chosen.sort((a, b) => a - b)) if (count < limit) rows.data[count++] = row;
    kept.data[b + 1] = count;
  }
});

/** For each sequence b: the rows with score ≥ threshold. scores [M, 1], offsets [B+1] → rows [M], kept [B+1]. */
export const selectThreshold = defineReference(
  selectThresholdOp,
  ({ scores, offsets }, { rows, kept }, { threshold }) => {
    const B = offsets.shape[0] - 1;
    let count = 0;
    for (let b = 0; b < B; b++) {
      for (let m = offsets.data[b]; m < offsets.data[b + 1]; m++) {
        if (scores.data[m] >= threshold) rows.data[count++] = m;
      }
      kept.data[b + 1] = count;
    }
  },
);
