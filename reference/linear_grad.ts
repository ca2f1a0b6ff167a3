import { linearGradWOp, linearGradXOp, sumRowsOp } from "../src/ops/linear_grad.ts";
import { defineReference, liveRows } from "./reference.ts";

/** dx[m, d] = Σ_o dy[m, o]·w[from + o, d]. dy [M, O], w [W, D] → dx [M, D]. */
export const linearGradX = defineReference(linearGradXOp, ({ dy, w, offsets }, { dx }, { from }) => {
  const [M, D] = dx.shape;
  const O = dy.shape[1];
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const sums = new Float64Array(D);
    for (let o = 0; o < O; o++) {
      for (let d = 0; d < D; d++) sums[d] += dy.data[m * O + o] * w.data[(from + o) * D + d];
    }
    dx.data.set(sums, m * D);
  }
});

/** dw[from + o, d] = Σ_m dy[m, o]·x[m, d] over live rows m. dy [M, O], x [M, D] → dw [rows, D]. */
export const linearGradW = defineReference(linearGradWOp, ({ dy, x, offsets }, { dw }, { from }) => {
  const [M, O] = dy.shape;
  const D = x.shape[1];
  const sums = new Float64Array(dw.data.length);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let o = 0; o < O; o++) {
      for (let d = 0; d < D; d++) sums[(from + o) * D + d] += dy.data[m * O + o] * x.data[m * D + d];
    }
  }
  dw.data.set(sums);
});

/** y[from + o] = Σ_m dy[m, o] over live rows m. dy [M, O] → y [rows]. */
export const sumRows = defineReference(sumRowsOp, ({ dy, offsets }, { y }, { from }) => {
  const [M, O] = dy.shape;
  for (let o = 0; o < O; o++) {
    let sum = 0;
    for (let m = 0; m < liveRows(offsets, M); m++) sum += dy.data[m * O + o];
    y.data[from + o] = sum;
  }
});
