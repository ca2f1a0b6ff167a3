import { poolGradOp } from "../src/ops/pool_grad.ts";
import { pooled, vectorOf, weightAt } from "./pool.ts";
import { defineReference } from "./reference.ts";

/**
 * dx[m, d] = weight·dv[d], weight that of x[m, d] in sequence b's vector v (1 at a column's greatest row for `max`).
 *
 * dv = dy[b], or where v was normalised and is not zero, with ŷ = v/|v|, dv = (dy[b] − ŷ·Σ_d ŷ[d]·dy[b, d]) / |v|.
 * x [M, D], dy [B, D], offsets [B+1] → dx [M, D].
 */
export const poolGrad = defineReference(poolGradOp, ({ x, dy, offsets }, { dx }, { kind, normalize }) => {
  const [B, D] = dy.shape;
  for (let b = 0; b < B; b++) {
    const rows = pooled(offsets, b, kind);
    const dv = Float64Array.from(dy.data.subarray(b * D, (b + 1) * D));
    if (normalize) {
      const v = vectorOf(x, offsets, b, kind);
      const length = Math.hypot(...v);
      let along = 0;
      for (let d = 0; d < D; d++) along += v[d] / length * dv[d];
      for (let d = 0; d < D; d++) dv[d] = length === 0 ? 0 : (dv[d] - v[d] / length * along) / length;
    }
    for (let m = rows[0]; m < rows[1]; m++) {
      for (let d = 0; d < D; d++) dx.data[m * D + d] = weightAt(kind, x, rows, m, d) * dv[d];
    }
  }
});
