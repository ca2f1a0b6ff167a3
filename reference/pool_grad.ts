import { poolGradOp } from "../src/ops/pool_grad.ts";
import type { Pooling } from "../src/ops/pool.ts";
import { DIVISION_ERROR, SQRT_ERROR, sumBound, TINY, UNIT } from "./bound.ts";
import { boundOfVector, greatestInverse, greatestRow, pooled, rowWeight, vectorOf } from "./pool.ts";
import { defineReference, type RefTensor } from "./reference.ts";

/** Weight of x[m, d] in the vector of the rows [first, last). */
function weightAt(kind: Pooling, x: RefTensor, [first, last]: readonly [number, number], m: number, d: number): number {
  return kind === "max" ? Number(greatestRow(x, first, last, d) === m) : rowWeight(kind, m - first, last - first);
}

/**
 * dx[m, d] = weight·dv[d], weight that of x[m, d] in sequence b's vector v (1 at a column's greatest row for `max`).
 *
 * dv = dy[b], or where v was normalised and is not zero, with ŷ = v/|v|, dv = (dy[b] − ŷ·Σ_d ŷ[d]·dy[b, d]) / |v|.
 * x [M, D], dy [B, D], offsets [B+1] → dx [M, D].
 */
export const poolGrad = defineReference(poolGradOp, {
  run({ x, dy, offsets }, { dx }, { kind, normalize }) {
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
  },

  /** What is copied may lose a subnormal; a mean's is divided, or multiplied by a quotient of some roundings. */
  bound({ x, dy, offsets }, { dx }, { kind, normalize }) {
    const [B, D] = dy.shape;
    const bound = new Float64Array(dx.data.length).fill(TINY);
    const copied = kind === "first" || kind === "last" || kind === "max";
    for (let b = 0; b < B; b++) {
      const rows = pooled(offsets, b, kind);
      if (rows[0] === rows[1]) continue;
      const upstream = Float64Array.from(dy.data.subarray(b * D, (b + 1) * D));
      const errors = normalize ? boundOfTangent(boundOfVector(x, offsets, b, kind), upstream) : new Float64Array(D);
      const division = copied ? 0 : DIVISION_ERROR + SQRT_ERROR + 4 * UNIT;
      for (let m = rows[0]; m < rows[1]; m++) {
        for (let d = 0; d < D; d++) {
          const error = errors[d] * weightAt(kind, x, rows, m, d);
          bound[m * D + d] += error + division * (Math.abs(dx.data[m * D + d]) + error);
        }
      }
    }
    return { dx: bound };
  },
});

/**
 * Errors of (dy − ŷ·Σ ŷ·dy) / |v|, ŷ = v/|v|: every factor with its own error, products of sums of both less the exact
 * products, and a rounding each.
 */
function boundOfTangent(of: ReturnType<typeof boundOfVector>, dy: Float64Array): Float64Array {
  const length = Math.hypot(...of.vector);
  if (length === 0) return dy.map(() => 0);
  const inverse = greatestInverse(of);
  const unit = of.vector.map((value) => value / length);
  const unitError = unit.map((value, d) =>
    (Math.abs(of.vector[d]) + of.errors[d]) * inverse * (1 + UNIT) - Math.abs(value)
  );
  let [along, size, lost] = [0, 0, 0];
  dy.forEach((grad, d) => {
    along += unit[d] * grad;
    size += (Math.abs(unit[d]) + unitError[d]) * Math.abs(grad);
    lost += unitError[d] * Math.abs(grad);
  });
  const alongError = lost + sumBound(dy.length, size) + UNIT * Math.abs(along); // the last: 1/|v| before or after the sum
  return dy.map((grad, d) => {
    const product = (Math.abs(unit[d]) + unitError[d]) * (Math.abs(along) + alongError) * (1 + UNIT);
    const exact = Math.abs(grad - unit[d] * along);
    const difference = exact + product - Math.abs(unit[d] * along) + UNIT * (Math.abs(grad) + product);
    return difference * inverse * (1 + UNIT) - exact / length + TINY;
  });
}
