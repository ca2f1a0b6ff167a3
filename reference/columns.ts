import { sizeOf } from "../src/op/op.ts";
import { joinColumnsOp, takeColumnsOp } from "../src/ops/columns.ts";
import { defineReference } from "./reference.ts";

/** y[m, j] = x[m, from + j]. x [M, D] or [D] → y [M, to − from] or [to − from]. */
export const takeColumns = defineReference(takeColumnsOp, ({ x }, { y }, { from, to }) => {
  const D = x.shape[x.shape.length - 1];
  const M = sizeOf(x.shape.slice(0, -1));
  for (let m = 0; m < M; m++) {
    for (let j = from; j < to; j++) y.data[m * (to - from) + j - from] = x.data[m * D + j];
  }
});

/** y[m, j] = a[m, j] for j < A, else b[m, j − A]. a [M, A], b [M, B] → y [M, A + B]. */
export const joinColumns = defineReference(joinColumnsOp, ({ a, b }, { y }) => {
  const [M, A] = a.shape;
  const B = b.shape[1];
  for (let m = 0; m < M; m++) {
    for (let j = 0; j < A + B; j++) y.data[m * (A + B) + j] = j < A ? a.data[m * A + j] : b.data[m * B + j - A];
  }
});
