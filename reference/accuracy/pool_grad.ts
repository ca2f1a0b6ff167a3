import { poolGradOp } from "../../src/ops/pool_grad.ts";
import { pooled, weightAt } from "../pool.ts";
import { DIVISION_ERROR, SQRT_ERROR, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { sumOf } from "./sums.ts";
import { boundOfVector, copies, greatestInverse } from "./pool.ts";

/** A copied element may be flushed; that of a mean is divided, or multiplied by a quotient of several roundings. */
export const poolGrad = defineBound(poolGradOp, ({ x, dy, offsets }, { dx }, { kind, normalize }) => {
  const [B, D] = dy.shape;
  const bound = new Float64Array(dx.data.length).fill(TINY);
  for (let b = 0; b < B; b++) {
    const rows = pooled(offsets, b, kind);
    if (rows[0] === rows[1]) continue;
    const upstream = Float64Array.from(dy.data.subarray(b * D, (b + 1) * D));
    const errors = normalize ? boundOfTangent(boundOfVector(x, offsets, b, kind), upstream) : new Float64Array(D);
    const division = copies[kind] ? 0 : DIVISION_ERROR + SQRT_ERROR + 4 * UNIT;
    for (let m = rows[0]; m < rows[1]; m++) {
      for (let d = 0; d < D; d++) {
        const error = errors[d] * weightAt(kind, x, rows, m, d);
        bound[m * D + d] += error + division * (Math.abs(dx.data[m * D + d]) + error);
      }
    }
  }
  return { dx: bound };
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
  const products = sumOf(dy.length, (d) => unit[d] * dy[d]);
  const along = products.value;
  const lost = unitError.reduce((sum, error, d) => sum + error * Math.abs(dy[d]), 0);
  const wrong = 1 + lost / Math.max(products.absolutes, TINY); // terms that are wrong by so much are summed
  const alongError = lost + wrong * products.error() + UNIT * Math.abs(along); // the last: 1/|v| before or after the sum
  return dy.map((grad, d) => {
    const product = (Math.abs(unit[d]) + unitError[d]) * (Math.abs(along) + alongError) * (1 + UNIT);
    const exact = Math.abs(grad - unit[d] * along);
    const difference = exact + product - Math.abs(unit[d] * along) + UNIT * (Math.abs(grad) + product);
    return difference * inverse * (1 + UNIT) - exact / length + TINY;
  });
}
