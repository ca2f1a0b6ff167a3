import { scatterAddOp } from "../../src/ops/rows.ts";
import { liveRows } from "../reference.ts";
import { sumBound, TINY } from "./bound.ts";
import { defineBound } from "./define.ts";

/** A sum of two terms, x and g·y; a row that is only copied may at most lose a subnormal. */
export const scatterAdd = defineBound(scatterAddOp, ({ x, y, rows, gates, offsets }, { out }) => {
  const [S, D] = y.shape;
  const bound = new Float64Array(out.data.length).fill(TINY);
  for (let s = 0; s < liveRows(offsets, S); s++) {
    const m = rows ? rows.data[s] : s;
    const g = gates ? gates.data[s] : 1;
    for (let d = 0; d < D; d++) {
      bound[m * D + d] = sumBound(2, Math.abs(x.data[m * D + d]) + Math.abs(g * y.data[s * D + d]));
    }
  }
  return { out: bound };
});
