import type { NormParams } from "../../src/ops/norm.ts";
import { normGatedOp, normLinearOp } from "../../src/ops/norm_linear.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { sumBound, TINY } from "./bound.ts";
import { defineBound } from "./define.ts";
import { type Inexact, unitBound } from "./experts.ts";
import { normalized } from "./norm.ts";

/** That of each product with a normed row, see {@link projected}. */
export const normLinear = defineBound(normLinearOp, ({ x, weight, w, offsets }, { y }, { norm: kind, from }) => {
  const O = y.shape[1];
  const bound = new Float64Array(y.data.length);
  for (let m = 0; m < liveRows(offsets, y.shape[0]); m++) {
    const row = normedRow({ x, weight }, m, kind);
    for (let o = 0; o < O; o++) bound[m * O + o] = projected(row, w, from + o).error;
  }
  return { y: bound };
});

/** The errors of both projections pass through the gated unit. */
export const normGated = defineBound(normGatedOp, ({ x, weight, w, offsets }, { y }, { norm, unit }) => {
  const F = y.shape[1];
  const bound = new Float64Array(y.data.length);
  for (let m = 0; m < liveRows(offsets, y.shape[0]); m++) {
    const row = normedRow({ x, weight }, m, norm);
    for (let f = 0; f < F; f++) bound[m * F + f] = unitBound(unit, projected(row, w, f), projected(row, w, F + f));
  }
  return { y: bound };
});

/** A normed row, each element's error, and the scale that a kernel may apply after the product. */
interface NormedRow {
  readonly values: Float64Array;
  readonly errors: Float64Array;
  readonly scale: number;
}

function normedRow(
  { x, weight }: { x: RefTensor; weight: RefTensor },
  m: number,
  norm: NormParams,
): NormedRow {
  const { values, errors, scale, scaleError } = normalized(x, m, norm);
  const weighted = (numbers: Float64Array) => numbers.map((number, d) => number * weight.data[d]);
  return { values: weighted(values), errors: weighted(errors).map(Math.abs), scale: scale + scaleError };
}

/**
 * Σ_d x̂_d·g_d·w[o, d] and its error: that of each x̂_d, and of D products and sums, two roundings more each: x̂·g (or x·g),
 * and the scale, before the product or after it. A scale that comes last multiplies what was flushed to zero.
 */
function projected({ values, errors, scale }: NormedRow, w: RefTensor, o: number): Inexact {
  const D = values.length;
  let value = 0, fromNorm = 0, absolutes = 0, flushed = 0;
  for (let d = 0; d < D; d++) {
    const factor = w.data[o * D + d];
    value += values[d] * factor;
    fromNorm += errors[d] * Math.abs(factor);
    flushed += TINY * Math.max(1, scale);
    absolutes += (Math.abs(values[d]) + errors[d]) * Math.abs(factor);
  }
  return { value, error: fromNorm + sumBound(D + 2, absolutes) + flushed };
}
