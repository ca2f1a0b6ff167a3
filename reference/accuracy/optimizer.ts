import { adamWOp, balanceBiasOp, emaOp, sumSquaresOp } from "../../src/ops/optimizer.ts";
import { clipScale, lacks } from "../optimizer.ts";
import { DIVISION_ERROR, SQRT_ERROR, sumBound, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { laneSumOf, TENSOR } from "./lanes.ts";

/** Errors go on from s·g to the moments, and from these to p; see the steps. */
export const adamW = defineBound(
  adamWOp,
  ({ p: before, m: m0, v: v0, g, squares, rates }, { m, v }, { beta1, beta2, eps, decay, clip }) => {
    const zeros = () => new Float64Array(g.data.length);
    const bound = { p: zeros(), m: zeros(), v: zeros() };
    if (!Number.isFinite(squares.data[0])) return bound;
    const [lr, c1, c2] = rates.data;
    const s = clipScale(squares.data[0], clip);
    // clip is rounded, √ and a division follow; near the threshold s may be 1 or just below
    const clips = clip > 0 && Math.sqrt(squares.data[0]) > clip * (1 - 2 ** -20);
    const scaled = clips ? UNIT + SQRT_ERROR + DIVISION_ERROR : 0;
    for (let i = 0; i < before.data.length; i++) {
      const sg = Math.abs(s * g.data[i]);
      const product = Math.expm1(scaled + UNIT); // relative error of s·g
      const [kept1, added1] = [Math.abs(beta1 * m0.data[i]), (1 - beta1) * sg];
      const [kept2, added2] = [Math.abs(beta2 * v0.data[i]), (1 - beta2) * sg * sg];
      bound.m[i] = sumBound(2, kept1 + added1) + product * added1 + 2 * TINY;
      bound.v[i] = sumBound(3, kept2 + added2) + 2.01 * product * added2 + 2 * TINY; // (s·g)² has two factors
      const first = quotient(Math.abs(m.data[i]), bound.m[i], c1, 0);
      const second = quotient(v.data[i], bound.v[i], c2, 0);
      const root = Math.sqrt(second.value);
      const slope = root - Math.sqrt(Math.max(0, second.value - second.error)); // √ is concave: steepest to the left
      const rooted = slope + SQRT_ERROR * Math.sqrt(second.value + second.error);
      const below = sumBound(1, root + rooted + eps) + rooted; // ε is rounded, then the sum
      const step = quotient(first.value, first.error, root + eps, below);
      const moved = lr * (step.value + step.error + decay * Math.abs(before.data[i]));
      bound.p[i] = lr * step.error + sumBound(4, Math.abs(before.data[i]) + moved); // decay, its product, +, ·lr, −
    }
    return bound;
  },
);

/** a/b and its error in float32, where a and b arrive with errors. */
function quotient(a: number, aError: number, b: number, bError: number): { value: number; error: number } {
  const value = a / b;
  const inherited = (aError + value * bError) / Math.max(0, b - bError);
  return { value, error: inherited + DIVISION_ERROR * (value + inherited) + TINY };
}

/** A sum of squares, each of which may be flushed to zero, and its sum with `carry`. */
export const sumSquares = defineBound(sumSquaresOp, ({ x, carry }) => {
  const squares = laneSumOf(x.data.length, (i) => x.data[i] ** 2, { lanes: TENSOR });
  const error = squares.error();
  return { y: Float64Array.of(carry ? error + UNIT * (squares.value + carry.data[0] + error) + TINY : error) };
});

/** A sum of two products with rounded factors: the factor, the product and the sum are three of its four units. */
export const ema = defineBound(emaOp, ({ average, p, squares }, _outputs, { decay }) => {
  if (!Number.isFinite(squares.data[0])) return { average: new Float64Array(p.data.length) };
  return {
    average: Float64Array.from(
      p.data,
      (value, i) => sumBound(2, Math.abs(decay * average.data[i]) + Math.abs((1 - decay) * value)) + TINY,
    ),
  };
});

/** The rate's rounding and that of the sum; signs are exact. */
export const balanceBias = defineBound(balanceBiasOp, ({ bias, counts, squares }, _outputs, { rate }) => {
  const signs = lacks(counts, squares);
  return {
    bias: Float64Array.from(signs, (sign, e) => sign ? sumBound(1, Math.abs(bias.data[e]) + Math.abs(rate)) : 0),
  };
});
