import { embedGradOp } from "../src/ops/embed_grad.ts";
import { defineReference, liveRows } from "./reference.ts";

/** dtable[v, j] = Σ_m dy[m, j] over live rows m with ids[m] = from + v. ids [M], dy [M, J] → dtable [V, J]. */
export const embedGrad = defineReference(embedGradOp, ({ ids, dy, offsets }, { dtable }, { from = 0 }) => {
  const [M, J] = dy.shape;
  const V = dtable.shape[0];
  const sums = new Float64Array(V * J);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const v = ids.data[m] - from;
    if (v < 0 || v >= V) continue;
    for (let j = 0; j < J; j++) sums[v * J + j] += dy.data[m * J + j];
  }
  dtable.data.set(sums);
});
