import { normGradOp, normGradWeightOp } from "../../src/ops/norm_grad.ts";
import { liveRows } from "../reference.ts";
import { DIVISION_ERROR, sumBound, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { normalized } from "./norm.ts";

/** Every factor with its own error, products of sums of both less the exact products, and a rounding each. */
export const normGrad = defineBound(normGradOp, ({ x, weight, dy, offsets }, { dx }, params) => {
  const [M, D] = dx.shape;
  const bound = new Float64Array(M * D);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const { values, errors, scale, scaleError } = normalized(x, m, params);
    const normal = values.map(Math.abs);
    const signed = values.map((_, d) => dy.data[m * D + d] * weight.data[d]);
    const g = signed.map(Math.abs);
    const gError = g.map((value) => UNIT * value + TINY);
    const terms = g.map((value, d) => (value + gError[d]) * (normal[d] + errors[d]) * (1 + UNIT));
    const lost = terms.map((term, d) => term - g[d] * normal[d] + (1 + scale) * TINY); // before or after the scale
    const slope = meanOf(signed.map((value, d) => value * values[d]));
    const slopeError = boundOfMean(terms, lost);
    const shift = params.kind === "layer" ? meanOf(signed) : 0;
    const shiftError = params.kind === "layer" ? boundOfMean(g, gError) : 0;
    for (let d = 0; d < D; d++) {
      const product = (normal[d] + errors[d]) * (Math.abs(slope) + slopeError) * (1 + UNIT);
      const productError = product - normal[d] * Math.abs(slope) + TINY;
      const sums = 2 * UNIT * (g[d] + Math.abs(shift) + shiftError + product); // two differences
      const error = gError[d] + shiftError + productError + sums;
      const inner = Math.abs(signed[d] - shift - values[d] * slope);
      bound[m * D + d] = (inner + error) * (scale + scaleError) * (1 + UNIT) - inner * scale + TINY;
    }
  }
  return { dx: bound };
});

/** Σ of numbers over their count. */
function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Error of a mean of terms that have errors: these, the roundings of the sum, and a division. */
function boundOfMean(terms: Float64Array, errors: Float64Array): number {
  const size = meanOf(terms.map((term, d) => Math.abs(term) + errors[d]));
  return meanOf(errors) + sumBound(terms.length, size) + DIVISION_ERROR * size;
}

/** dy times the error of x̂, and a sum of so many products as there are rows. */
export const normGradWeight = defineBound(normGradWeightOp, ({ x, dy, offsets }, { dweight }, params) => {
  const [M, D] = x.shape;
  const rows = liveRows(offsets, M);
  const bound = new Float64Array(dweight.data.length);
  const absolutes = new Float64Array(D);
  for (let m = 0; m < rows; m++) {
    const { values: normal, errors } = normalized(x, m, params);
    for (let d = 0; d < D; d++) {
      const upstream = Math.abs(dy.data[m * D + d]);
      bound[d] += upstream * errors[d] + TINY;
      absolutes[d] += upstream * (Math.abs(normal[d]) + errors[d]);
    }
  }
  return { dweight: bound.map((error, d) => error + sumBound(rows, absolutes[d])) };
});
