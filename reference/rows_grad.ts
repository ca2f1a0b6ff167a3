import { dotRowsOp, scaleRowsOp, scatterOp } from "../src/ops/rows_grad.ts";
import { defineReference, liveRows } from "./reference.ts";

/** out[rows[s], d] = y[s, d], zero elsewhere. y [S, D], rows [S] → out [M, D]. */
export const scatter = defineReference(scatterOp, ({ y, rows, offsets }, { out }) => {
  const [S, D] = y.shape;
  for (let s = 0; s < liveRows(offsets, S); s++) {
    for (let d = 0; d < D; d++) out.data[rows.data[s] * D + d] = y.data[s * D + d];
  }
});

/** y[s, d] = gates[s]·x[s, d]. x [S, D], gates [S, 1] → y [S, D]. */
export const scaleRows = defineReference(scaleRowsOp, ({ x, gates, offsets }, { y }) => {
  const [S, D] = x.shape;
  for (let s = 0; s < liveRows(offsets, S); s++) {
    for (let d = 0; d < D; d++) y.data[s * D + d] = gates.data[s] * x.data[s * D + d];
  }
});

/** y[s] = Σ_d a[s, d]·b[s, d]. a, b [S, D] → y [S, 1]. */
export const dotRows = defineReference(dotRowsOp, ({ a, b, offsets }, { y }) => {
  const [S, D] = a.shape;
  for (let s = 0; s < liveRows(offsets, S); s++) {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += a.data[s * D + d] * b.data[s * D + d];
    y.data[s] = sum;
  }
});
