import { linearGradWOp, linearGradXOp, sumRowsOp } from "../../src/ops/linear_grad.ts";
import { liveRows } from "../reference.ts";
import { defineBound } from "./define.ts";
import { dotSum, sumOf } from "./sums.ts";

/** A sum of O products. */
export const linearGradX = defineBound(linearGradXOp, ({ dy, w, offsets }, { dx }, { from }) => {
  const [M, D] = dx.shape;
  const O = dy.shape[1];
  const bound = new Float64Array(M * D);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let d = 0; d < D; d++) {
      bound[m * D + d] = dotSum(O, [dy.data, m * O], [w.data, from * D + d, D]).error();
    }
  }
  return { dx: bound };
});

/** A sum of as many products as there are live rows; other weight rows are zero, exactly. */
export const linearGradW = defineBound(linearGradWOp, ({ dy, x, offsets }, { dw }, { from }) => {
  const [M, O] = dy.shape;
  const D = x.shape[1];
  const live = liveRows(offsets, M);
  const bound = new Float64Array(dw.data.length);
  for (let o = 0; o < O; o++) {
    for (let d = 0; d < D; d++) {
      bound[(from + o) * D + d] = dotSum(live, [dy.data, o, O], [x.data, d, D]).error();
    }
  }
  return { dw: bound };
});

/** A sum of as many terms as there are live rows; elsewhere zero, exactly. */
export const sumRows = defineBound(sumRowsOp, ({ dy, offsets }, { y }, { from }) => {
  const [M, O] = dy.shape;
  const live = liveRows(offsets, M);
  const bound = new Float64Array(y.data.length);
  for (let o = 0; o < O; o++) {
    bound[from + o] = sumOf(live, (m) => dy.data[m * O + o]).error();
  }
  return { y: bound };
});
