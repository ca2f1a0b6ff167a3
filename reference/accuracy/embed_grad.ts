import { embedGradOp } from "../../src/ops/embed_grad.ts";
import { liveRows } from "../reference.ts";
import { defineBound } from "./define.ts";
import { sumOf } from "./sums.ts";

/** A sum of as many terms as there are rows with this id; without any zero, exactly. */
export const embedGrad = defineBound(embedGradOp, ({ ids, dy, offsets }, { dtable }, { from = 0 }) => {
  const [M, J] = dy.shape;
  const V = dtable.shape[0];
  const bound = new Float64Array(V * J);
  const rows = new Map<number, number[]>();
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const v = ids.data[m] - from;
    if (v < 0 || v >= V) continue;
    const own = rows.get(v);
    if (own) own.push(m);
    else rows.set(v, [m]);
  }
  for (const [v, own] of rows) {
    for (let j = 0; j < J; j++) {
      bound[v * J + j] = sumOf(own.length, (i) => dy.data[own[i] * J + j]).error({ term: 0 });
    }
  }
  return { dtable: bound };
});
