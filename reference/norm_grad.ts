import { normGradOp, normGradWeightOp } from "../src/ops/norm_grad.ts";
import { DIVISION_ERROR, sumBound, TINY, UNIT } from "./bound.ts";
import { moments, normalized } from "./norm.ts";
import { defineReference, liveRows } from "./reference.ts";

/**
 * dx[m] = s·(g − mean(g) − x̂·mean(g ⊙ x̂)), g = dy[m] ⊙ weight, x̂ = s·(x[m] − mean); without mean(g) for `rms`, whose mean
 * is zero and whose variance is the mean square. s = 1/√(variance + ε). x, dy [M, D], weight [D] → dx [M, D].
 */
export const normGrad = defineReference(normGradOp, {
  run({ x, weight, dy, offsets }, { dx }, params) {
    const [M, D] = dx.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const { mean, variance } = moments(x, m, params.kind);
      const scale = 1 / Math.sqrt(variance + params.eps);
      const normal = (d: number) => (x.data[m * D + d] - mean) * scale;
      const g = (d: number) => dy.data[m * D + d] * weight.data[d];
      let [shift, slope] = [0, 0];
      for (let d = 0; d < D; d++) {
        if (params.kind === "layer") shift += g(d) / D;
        slope += g(d) * normal(d) / D;
      }
      for (let d = 0; d < D; d++) dx.data[m * D + d] = scale * (g(d) - shift - normal(d) * slope);
    }
  },

  /** Every factor with its own error, products of sums of both less the exact products, and a rounding each. */
  bound({ x, weight, dy, offsets }, { dx }, params) {
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
  },
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

/** dweight[d] = Σ_m dy[m, d]·x̂[m, d]. x, dy [M, D] → dweight [D]. */
export const normGradWeight = defineReference(normGradWeightOp, {
  run({ x, dy, offsets }, { dweight }, params) {
    const [M, D] = x.shape;
    const sums = new Float64Array(D);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      const { mean, variance } = moments(x, m, params.kind);
      const scale = 1 / Math.sqrt(variance + params.eps);
      for (let d = 0; d < D; d++) sums[d] += dy.data[m * D + d] * (x.data[m * D + d] - mean) * scale;
    }
    dweight.data.set(sums);
  },

  /** dy times the error of x̂, and a sum of so many products as there are rows. */
  bound({ x, dy, offsets }, { dweight }, params) {
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
  },
});
