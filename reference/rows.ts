import { gatherOp, scatterAddOp, scatterRowsOp } from "../src/ops/rows.ts";
import { defineReference, liveRows } from "./reference.ts";

/** y[s, d] = x[rows[s], d]. x [M] or [M, D], rows [S] → y [S] or [S, D]. */
export const gather = defineReference(gatherOp, ({ x, rows, offsets }, { y }) => {
  const [S] = rows.shape;
  const D = x.shape[1] ?? 1;
  for (let s = 0; s < liveRows(offsets, S); s++) {
    for (let d = 0; d < D; d++) y.data[s * D + d] = x.data[rows.data[s] * D + d];
  }
});

/** out[m, d] = x[m, d], then out[rows[s], d] = y[s, d]. x [M, D], y [S, D], rows [S] → out [M, D]. */
export const scatterRows = defineReference(scatterRowsOp, ({ x, y, rows, offsets }, { out }) => {
  const [S, D] = y.shape;
  out.data.set(x.data);
  for (let s = 0; s < liveRows(offsets, S); s++) {
    for (let d = 0; d < D; d++) out.data[rows.data[s] * D + d] = y.data[s * D + d];
  }
});

/** out[m, d] = x[m, d], then out[rows[s], d] += gates[s]·y[s, d]. x [M, D], y [S, D], rows [S], gates [S, 1] → out [M, D]. */
export const scatterAdd = defineReference(scatterAddOp, ({ x, y, rows, gates, offsets }, { out }) => {
  const [S, D] = y.shape;
  out.data.set(x.data);
  for (let s = 0; s < liveRows(offsets, S); s++) {
    const m = rows ? rows.data[s] : s;
    const g = gates ? gates.data[s] : 1;
    for (let d = 0; d < D; d++) out.data[m * D + d] = x.data[m * D + d] + g * y.data[s * D + d];
  }
});
