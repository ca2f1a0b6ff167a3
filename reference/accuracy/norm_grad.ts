import { normGradOp, normGradWeightOp } from "../../src/ops/norm_grad.ts";
import { centered } from "../norm.ts";
import { liveRows } from "../reference.ts";
import { DIVISION_ERROR, INVERSE_SQRT_ERROR, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { normalized } from "./norm.ts";
import { LAMBDA, Sum, sumOf } from "./sums.ts";

/** Relative error of 1/√v that rows may share: of the root, and half that of a division and of two roundings. */
const SHARED = INVERSE_SQRT_ERROR + DIVISION_ERROR / 2 + UNIT;

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
    const products = signed.map((value, d) => value * values[d]);
    const slope = meanOf(products);
    const slopeError = boundOfMean(products, lost);
    const shift = centered[params.kind] ? meanOf(signed) : 0;
    const shiftError = centered[params.kind] ? boundOfMean(signed, gError) : 0;
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
  const [sum, lost] = [sumOf(terms.length, (d) => terms[d]), errors.reduce((total, error) => total + error, 0)];
  const wrong = 1 + lost / Math.max(sum.absolutes, TINY); // terms that are wrong by so much are summed
  const error = lost + wrong * sum.error();
  return (error + DIVISION_ERROR * (Math.abs(sum.value) + error)) / terms.length;
}

/**
 * dy times the error of x̂, and a sum of so many products as there are rows. Under the model the roots and divisions of all
 * rows share a relative error; the other errors of x̂ are independent from row to row.
 */
export const normGradWeight = defineBound(normGradWeightOp, ({ x, dy, offsets }, { dweight }, params) => {
  const [M, D] = x.shape;
  const lost = new Float64Array(dweight.data.length);
  const squares = new Float64Array(lost.length);
  const sums = Array.from(lost, () => new Sum());
  for (let m = 0; m < liveRows(offsets, M); m++) {
    const { values, errors } = normalized(x, m, params);
    for (let d = 0; d < D; d++) {
      const error = Math.abs(dy.data[m * D + d]) * errors[d] + TINY;
      lost[d] += error;
      squares[d] += error ** 2;
      sums[d].add(dy.data[m * D + d] * values[d]);
    }
  }
  const wrong = (d: number) => 1 + lost[d] / Math.max(sums[d].absolutes, TINY);
  const inherited = (d: number) => Math.min(lost[d], SHARED * Math.abs(sums[d].value) + LAMBDA * Math.sqrt(squares[d]));
  return { dweight: lost.map((_, d) => inherited(d) + wrong(d) * sums[d].error()) };
});
