import { poolOp, type PoolParams } from "../src/ops/pool.ts";
import { DIVISION_ERROR, INVERSE_SQRT_ERROR, sumBound, TINY, UNIT } from "./bound.ts";
import { defineReference, type RefTensor } from "./reference.ts";

/** Rows [first, last) of x that sequence b is pooled from. */
export function pooled(
  offsets: RefTensor,
  b: number,
  kind: PoolParams["kind"],
): readonly [first: number, last: number] {
  const [start, end] = [offsets.data[b], offsets.data[b + 1]];
  if (start === end) return [start, end];
  if (kind === "first") return [start, start + 1];
  return kind === "last" ? [end - 1, end] : [start, end];
}

/** y[b, d] = Σ_m x[m, d] / rows over the pooled rows, then divided by √(Σ_d y²) on request. x [M, D] → y [B, D]. */
export const pool = defineReference(poolOp, {
  run({ x, offsets }, { y }, { kind, normalize }) {
    const [B, D] = y.shape;
    for (let b = 0; b < B; b++) {
      const [first, last] = pooled(offsets, b, kind);
      const vector = new Float64Array(D);
      for (let m = first; m < last; m++) {
        for (let d = 0; d < D; d++) vector[d] += x.data[m * D + d] / (last - first);
      }
      const length = Math.hypot(...vector);
      for (let d = 0; d < D; d++) y.data[b * D + d] = normalize && length > 0 ? vector[d] / length : vector[d];
    }
  },

  /** The sum over the rows and a division; a row that is only copied may at most lose a subnormal. */
  bound({ x, offsets }, { y }, { kind, normalize }) {
    const [B, D] = y.shape;
    const bound = new Float64Array(B * D);
    for (let b = 0; b < B; b++) {
      const { vector, errors } = boundOfVector(x, offsets, b, kind);
      bound.set(normalize ? boundOfUnit({ vector, errors }) : errors, b * D);
    }
    return { y: bound };
  },
});

/** The vector of sequence b before it is normalised, and its errors: those of a sum over the rows and of a division. */
export function boundOfVector(x: RefTensor, offsets: RefTensor, b: number, kind: PoolParams["kind"]): VectorBound {
  const D = x.shape[1];
  const [first, last] = pooled(offsets, b, kind);
  const vector = new Float64Array(D);
  const errors = new Float64Array(D);
  for (let d = 0; d < D; d++) {
    let absolutes = 0;
    for (let m = first; m < last; m++) {
      vector[d] += x.data[m * D + d] / (last - first);
      absolutes += Math.abs(x.data[m * D + d]) / (last - first);
    }
    errors[d] = kind === "mean" ? sumBound(last - first, absolutes) + DIVISION_ERROR * Math.abs(vector[d]) : TINY;
  }
  return { vector, errors };
}

/** A vector and the largest error of each element. */
interface VectorBound {
  readonly vector: Float64Array;
  readonly errors: Float64Array;
}

/**
 * The greatest that float32 may find for 1 / ‖v‖ ≠ 0 when v is wrong by `errors`. ‖v‖² is then between (‖v‖ ∓ ‖errors‖)²,
 * and its computation is a sum of D squares; the root and the division by it may be an inverse root and a product.
 */
export function greatestInverse({ vector, errors }: VectorBound): number {
  const length = Math.hypot(...vector);
  const off = Math.hypot(...errors);
  const relative = (vector.length + 2) * UNIT;
  const least = Math.max(0, length - off) * Math.sqrt(1 - relative);
  const greatest = (length + off) * Math.sqrt(1 + relative);
  const scaleError = Math.max(1 / least - 1 / length, 1 / length - 1 / greatest);
  return (1 / length + scaleError) * (1 + INVERSE_SQRT_ERROR + 2 * DIVISION_ERROR + UNIT);
}

/** Error of v / ‖v‖ when v is wrong by `errors`. */
function boundOfUnit({ vector, errors }: VectorBound): Float64Array {
  const length = Math.hypot(...vector);
  if (length === 0) return errors.map(() => 0);
  const inverse = greatestInverse({ vector, errors });
  return vector.map((value, d) => (Math.abs(value) + errors[d]) * inverse - Math.abs(value) / length + TINY);
}
