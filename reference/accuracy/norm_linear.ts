import type { NormParams } from "../../src/ops/norm.ts";
import { normGatedOp, normLinearOp } from "../../src/ops/norm_linear.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { TINY } from "./bound.ts";
import { defineBound } from "./define.ts";
import { type Inexact, unitBound } from "./experts.ts";
import { normalized, type NormalizedRow } from "./norm.ts";
import { sumOf } from "./sums.ts";

/** The error of each product with a normalized row, see {@link projected}. */
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

/** A normalized row times the weight of its norm. */
type NormedRow = NormalizedRow & { readonly gains: RefTensor["data"] };

function normedRow({ x, weight }: { x: RefTensor; weight: RefTensor }, m: number, norm: NormParams): NormedRow {
  return { ...normalized(x, m, norm), gains: weight.data };
}

/**
 * Σ_d x̂_d·g_d·w[o, d] and its error: a sum of products with four roundings each (difference from the mean, and products
 * with scale, g and w); the errors of scale and mean are the same for all terms. A scale that comes last multiplies what
 * was flushed to zero.
 */
function projected({ values, gains, meanError, scale, scaleError }: NormedRow, w: RefTensor, o: number): Inexact {
  const D = values.length;
  if (D === 0) return { value: 0, error: 0 };
  const sum = sumOf(D, (d) => values[d] * gains[d] * w.data[o * D + d]);
  let along = 0;
  for (let d = 0; d < D; d++) along += gains[d] * w.data[o * D + d];
  const rounding = sum.error({ term: 4 }) + D * TINY * Math.max(1, scale + scaleError);
  const common = meanError * scale * Math.abs(along) + (Math.abs(sum.value) + rounding) * scaleError / scale;
  return { value: sum.value, error: rounding + common * (1 + scaleError / scale) };
}
