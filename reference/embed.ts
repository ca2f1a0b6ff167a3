import { embedOp } from "../src/ops/embed.ts";
import { defineReference, liveRows } from "./reference.ts";

/** y[m, j] = table[ids[m] − from, j], 0 for ids that are not in the table. ids [M], table [V, J] → y [M, J]. */
export const embed = defineReference(embedOp, ({ ids, table, offsets }, { y }, { from = 0 }) => {
  const [M, J] = y.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const v = ids.data[m] - from;
    if (v < 0 || v >= table.shape[0]) continue;
    for (let j = 0; j < J; j++) y.data[m * J + j] = table.data[v * J + j];
  }
});
