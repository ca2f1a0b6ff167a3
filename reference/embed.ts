import { embedOp } from "../src/ops/embed.ts";
import { defineReference, liveRows } from "./reference.ts";

/** y[m, j] = table[ids[m], j], 0 where ids[m] < 0. ids [M], table [V, J] → y [M, J]. */
export const embed = defineReference(embedOp, {
  run({ ids, table, offsets }, { y }) {
    const [M, J] = y.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let j = 0; j < J; j++) y.data[m * J + j] = ids.data[m] < 0 ? 0 : table.data[ids.data[m] * J + j];
    }
  },

  /** A copy has no error. */
  bound: (_inputs, { y }) => ({ y: new Float64Array(y.data.length) }),
});
