import { embedGradOp } from "../../src/ops/embed_grad.ts";
import { liveRows } from "../reference.ts";
import { sumBound } from "./bound.ts";
import { defineBound } from "./define.ts";

/** A sum of as many terms as there are rows with this id; without any zero, exactly. */
export const embedGrad = defineBound(embedGradOp, ({ ids, dy, offsets }, { dtable }, { from = 0 }) => {
  const [M, J] = dy.shape;
  const V = dtable.shape[0];
  const counts = new Float64Array(V);
  const absolutes = new Float64Array(V * J);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const v = ids.data[m] - from;
    if (v < 0 || v >= V) continue;
    counts[v]++;
    for (let j = 0; j < J; j++) absolutes[v * J + j] += Math.abs(dy.data[m * J + j]);
  }
  return { dtable: absolutes.map((sum, at) => sumBound(counts[Math.floor(at / J)], sum)) };
});
