import { linearOp } from "../../src/ops/linear.ts";
import { liveRows } from "../reference.ts";
import { defineBound } from "./define.ts";
import { dotSum } from "./sums.ts";

/** D products, the bias and the residual are one sum. */
export const linear = defineBound(linearOp, ({ x, w, bias, residual, offsets }, { y }, { from }) => {
  const [M, O] = y.shape;
  const D = x.shape[1];
  const bound = new Float64Array(M * O);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let o = 0; o < O; o++) {
      const sum = dotSum(D, [x.data, m * D], [w.data, (from + o) * D]);
      if (bias) sum.add(bias.data[from + o]);
      if (residual) sum.add(residual.data[m * O + o]);
      bound[m * O + o] = sum.error();
    }
  }
  return { y: bound };
});
