import type { Pooling } from "../../src/op/kinds.ts";
import { poolOp } from "../../src/ops/pool.ts";
import { pooled, vectorOf, weightAt } from "../pool.ts";
import type { RefTensor } from "../reference.ts";
import { DIVISION_ERROR, INVERSE_SQRT_ERROR, SQRT_ERROR, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { sumOf } from "./sums.ts";

/** The sum over the rows and a division; a copied value loses at most a subnormal. */
export const pool = defineBound(poolOp, ({ x, offsets }, { y }, { kind, normalize }) => {
  const [B, D] = y.shape;
  const bound = new Float64Array(B * D);
  for (let b = 0; b < B; b++) {
    const { vector, errors } = boundOfVector(x, offsets, b, kind);
    bound.set(normalize ? boundOfUnit({ vector, errors }) : errors, b * D);
  }
  return { y: bound };
});

/** Whether a kind copies elements instead of summing them. */
export const copies: Readonly<Record<Pooling, boolean>> = {
  mean: false,
  first: true,
  last: true,
  max: true,
  mean_sqrt_len: false,
  weighted_mean: false,
};

/** A vector and the largest error of each element. */
interface VectorBound {
  readonly vector: Float64Array;
  readonly errors: Float64Array;
}

/**
 * The vector of sequence b before it is normalised, and its errors: those of a sum of products over the rows, each of
 * which may lose a subnormal, and of a division by a divisor of two roundings or a root.
 */
export function boundOfVector(x: RefTensor, offsets: RefTensor, b: number, kind: Pooling): VectorBound {
  const D = x.shape[1];
  const [first, last] = pooled(offsets, b, kind);
  const vector = vectorOf(x, offsets, b, kind);
  const rows = [first, last] as const;
  const errors = vector.map((value, d) => {
    if (copies[kind]) return TINY;
    const n = last - first;
    const sum = sumOf(n, (i) => weightAt(kind, x, rows, first + i, d) * x.data[(first + i) * D + d]);
    let weights = 0;
    for (let i = 0; i < n; i++) weights += weightAt(kind, x, rows, first + i, d);
    const division = DIVISION_ERROR + Math.max(SQRT_ERROR, 2 * UNIT);
    return sum.error() + 2 * weights * TINY + division * Math.abs(value);
  });
  return { vector, errors };
}

/**
 * The greatest that float32 may find for 1 / ‖v‖ ≠ 0 when v is wrong by `errors`. ‖v‖² is then between (‖v‖ ∓ ‖errors‖)²,
 * and its computation is a sum of D squares; the root and the division by it may be an inverse root and a product.
 */
export function greatestInverse({ vector, errors }: VectorBound): number {
  const length = Math.hypot(...vector);
  const off = Math.hypot(...errors);
  const relative = sumOf(vector.length, (d) => (vector[d] / length) ** 2).error();
  const least = Math.max(0, length - off) * Math.sqrt(1 - relative);
  const greatest = (length + off) * Math.sqrt(1 + relative);
  const scaleError = Math.max(1 / least - 1 / length, 1 / length - 1 / greatest);
  return (1 / length + scaleError) * (1 + INVERSE_SQRT_ERROR + 2 * DIVISION_ERROR + UNIT);
}

/** Error of v / ‖v‖ when v is wrong by `errors`; an element below the greatest one may be flushed before or after. */
function boundOfUnit({ vector, errors }: VectorBound): Float64Array {
  const length = Math.hypot(...vector);
  if (length === 0) return errors.map(() => 0);
  const inverse = greatestInverse({ vector, errors });
  return vector.map((value, d) => (Math.abs(value) + errors[d]) * inverse - Math.abs(value) / length + 2 * TINY);
}
