import { linearGradWOp, linearGradXOp, sumRowsOp } from "../src/ops/linear_grad.ts";
import { sumBound } from "./bound.ts";
import { defineReference, liveRows } from "./reference.ts";

/** dx[m, d] = Σ_o dy[m, o]·w[from + o, d]. dy [M, O], w [≥to, D] → dx [M, D]. */
export const linearGradX = defineReference(linearGradXOp, {
  run({ dy, w, offsets }, { dx }, { from }) {
    const [M, D] = dx.shape;
    const O = dy.shape[1];
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const sums = new Float64Array(D);
      for (let o = 0; o < O; o++) {
        for (let d = 0; d < D; d++) sums[d] += dy.data[m * O + o] * w.data[(from + o) * D + d];
      }
      dx.data.set(sums, m * D);
    }
  },

  /** A sum of O products. */
  bound({ dy, w, offsets }, { dx }, { from }) {
    const [M, D] = dx.shape;
    const O = dy.shape[1];
    const bound = new Float64Array(M * D);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let d = 0; d < D; d++) {
        let absolutes = 0;
        for (let o = 0; o < O; o++) absolutes += Math.abs(dy.data[m * O + o] * w.data[(from + o) * D + d]);
        bound[m * D + d] = sumBound(O, absolutes);
      }
    }
    return { dx: bound };
  },
});

/** dw[from + o, d] = Σ_m dy[m, o]·x[m, d] over live rows m. dy [M, O], x [M, D] → dw [rows, D]. */
export const linearGradW = defineReference(linearGradWOp, {
  run({ dy, x, offsets }, { dw }, { from }) {
    const [M, O] = dy.shape;
    const D = x.shape[1];
    const sums = new Float64Array(dw.data.length);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let o = 0; o < O; o++) {
        for (let d = 0; d < D; d++) sums[(from + o) * D + d] += dy.data[m * O + o] * x.data[m * D + d];
      }
    }
    dw.data.set(sums);
  },

  /** A sum of as many products as there are live rows; other weight rows are zero, exactly. */
  bound({ dy, x, offsets }, { dw }, { from }) {
    const [M, O] = dy.shape;
    const D = x.shape[1];
    const live = liveRows(offsets, M);
    const bound = new Float64Array(dw.data.length);
    for (let o = 0; o < O; o++) {
      for (let d = 0; d < D; d++) {
        let absolutes = 0;
        for (let m = 0; m < live; m++) absolutes += Math.abs(dy.data[m * O + o] * x.data[m * D + d]);
        bound[(from + o) * D + d] = sumBound(live, absolutes);
      }
    }
    return { dw: bound };
  },
});

/** y[from + o] = Σ_m dy[m, o] over live rows m. dy [M, O] → y [rows]. */
export const sumRows = defineReference(sumRowsOp, {
  run({ dy, offsets }, { y }, { from }) {
    const [M, O] = dy.shape;
    for (let o = 0; o < O; o++) {
      let sum = 0;
      for (let m = 0; m < liveRows(offsets, M); m++) sum += dy.data[m * O + o];
      y.data[from + o] = sum;
    }
  },

  /** A sum of as many terms as there are live rows; elsewhere zero, exactly. */
  bound({ dy, offsets }, { y }, { from }) {
    const [M, O] = dy.shape;
    const live = liveRows(offsets, M);
    const bound = new Float64Array(y.data.length);
    for (let o = 0; o < O; o++) {
      let absolutes = 0;
      for (let m = 0; m < live; m++) absolutes += Math.abs(dy.data[m * O + o]);
      bound[from + o] = sumBound(live, absolutes);
    }
    return { y: bound };
  },
});
