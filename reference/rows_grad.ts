import { dotRowsOp, placeOp, scaleRowsOp } from "../src/ops/rows_grad.ts";
import { sumBound } from "./bound.ts";
import { defineReference, liveRows } from "./reference.ts";

/** out[rows[s], d] = y[s, d], zero elsewhere. y [S, D], rows [S] → out [M, D]. */
export const place = defineReference(placeOp, {
  run({ y, rows, offsets }, { out }) {
    const [S, D] = y.shape;
    for (let s = 0; s < liveRows(offsets, S); s++) {
      for (let d = 0; d < D; d++) out.data[rows.data[s] * D + d] = y.data[s * D + d];
    }
  },

  /** A copy has no error. */
  bound: (_inputs, { out }) => ({ out: new Float64Array(out.data.length) }),
});

/** y[s, d] = gates[s]·x[s, d]. x [S, D], gates [S, 1] → y [S, D]. */
export const scaleRows = defineReference(scaleRowsOp, {
  run({ x, gates, offsets }, { y }) {
    const [S, D] = x.shape;
    for (let s = 0; s < liveRows(offsets, S); s++) {
      for (let d = 0; d < D; d++) y.data[s * D + d] = gates.data[s] * x.data[s * D + d];
    }
  },

  /** One product. */
  bound: (_inputs, { y }) => ({ y: Float64Array.from(y.data, (value) => sumBound(1, Math.abs(value))) }),
});

/** y[s] = Σ_d a[s, d]·b[s, d]. a, b [S, D] → y [S, 1]. */
export const dotRows = defineReference(dotRowsOp, {
  run({ a, b, offsets }, { y }) {
    const [S, D] = a.shape;
    for (let s = 0; s < liveRows(offsets, S); s++) {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += a.data[s * D + d] * b.data[s * D + d];
      y.data[s] = sum;
    }
  },

  /** A sum of D products. */
  bound({ a, b, offsets }) {
    const [S, D] = a.shape;
    const bound = new Float64Array(S);
    for (let s = 0; s < liveRows(offsets, S); s++) {
      let absolutes = 0;
      for (let d = 0; d < D; d++) absolutes += Math.abs(a.data[s * D + d] * b.data[s * D + d]);
      bound[s] = sumBound(D, absolutes);
    }
    return { y: bound };
  },
});
