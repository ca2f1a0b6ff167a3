import { linearOp } from "../src/ops/linear.ts";
import { defineReference, liveRows } from "./reference.ts";

/** y[m, o] = Σ_d x[m, d]·w[from + o, d] (+ bias[from + o]) (+ residual[m, o]). */
export const linear = defineReference(linearOp, ({ x, w, bias, residual, offsets }, { y }, { from }) => {
  const [M, O] = y.shape;
  const D = x.shape[1];
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let o = 0; o < O; o++) {
      let sum = bias ? bias.data[from + o] : 0;
      for (let d = 0; d < D; d++) sum += x.data[m * D + d] * w.data[(from + o) * D + d];
      if (residual) sum += residual.data[m * O + o];
      y.data[m * O + o] = sum;
    }
  }
});
