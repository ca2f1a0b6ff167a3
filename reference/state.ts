import { countOp, deepenOp, settleOp } from "../src/ops/state.ts";
import { defineReference, liveRows } from "./reference.ts";

/** lengths[b] = grown[b], or 0 where leading[b] = 0. */
export const settle = defineReference(settleOp, ({ grown, leading }, { lengths }) => {
  const [B] = lengths.shape;
  for (let b = 0; b < B; b++) lengths.data[b] = leading?.data[b] === 0 ? 0 : grown.data[b];
});

/** Where the last of b's rows kept, s, is the last of all its rows: deeper[b] = depth[b] + 1 and latest[b] = scores[s]. */
export const deepen = defineReference(deepenOp, ({ offsets, rows, kept, scores, depth, score }, { deeper, latest }) => {
  const [B] = deeper.shape;
  for (let b = 0; b < B; b++) {
    const s = kept.data[b + 1] - 1;
    const ran = s >= kept.data[b] && rows.data[s] === offsets.data[b + 1] - 1;
    deeper.data[b] = (depth ? depth.data[b] : 1) + Number(ran);
    latest.data[b] = ran && scores ? scores.data[s] : score.data[b];
  }
});

/** seen[rows[m], ids[m]] += 1 where ids[m] ≥ 0; without a list rows[m] = m. */
export const count = defineReference(countOp, ({ ids, rows, offsets }, { seen }) => {
  const V = seen.shape[1];
  for (let m = 0; m < liveRows(offsets, ids.shape[0]); m++) {
    const b = rows ? rows.data[m] : m;
    if (ids.data[m] >= 0) seen.data[b * V + ids.data[m]] += 1;
  }
});
