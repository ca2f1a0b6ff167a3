import { linearOp } from "../../src/ops/linear.ts";
import { liveRows } from "../reference.ts";
import { sumBound } from "./bound.ts";
import { defineBound } from "./define.ts";

/** D products, the bias and the residual are one sum of D + 2 terms. */
export const linear = defineBound(linearOp, ({ x, w, bias, residual, offsets }, { y }, { from }) => {
  const [M, O] = y.shape;
  const D = x.shape[1];
  const bound = new Float64Array(M * O);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let o = 0; o < O; o++) {
      let absolutes = Math.abs(bias?.data[from + o] ?? 0) + Math.abs(residual?.data[m * O + o] ?? 0);
      for (let d = 0; d < D; d++) absolutes += Math.abs(x.data[m * D + d] * w.data[(from + o) * D + d]);
      bound[m * O + o] = sumBound(D + 2, absolutes);
    }
  }
  return { y: bound };
});
