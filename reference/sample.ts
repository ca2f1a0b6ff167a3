import { pickOp } from "../src/ops/sample.ts";
import { defineReference, liveRows } from "./reference.ts";

/** ids[m] = the lowest v with the greatest logits[m, v]. logits [M, V] → ids [M]. */
export const pick = defineReference(pickOp, {
  run({ logits, offsets }, { ids }) {
    const [M, V] = logits.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      let best = 0;
      for (let v = 1; v < V; v++) {
        if (logits.data[m * V + v] > logits.data[m * V + best]) best = v;
      }
      ids.data[m] = best;
    }
  },

  /** Comparisons are exact. */
  bound: () => ({}),
});
