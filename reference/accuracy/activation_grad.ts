import { activationGradOp, gatedUnitGradOp } from "../../src/ops/activation_grad.ts";
import { liveRows } from "../reference.ts";
import { TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { activationErrors, derivativeErrors } from "./scalars.ts";

/** The error of the derivative, times dy, and one product. */
export const activationGrad = defineBound(activationGradOp, ({ x, dy, offsets }, { dx }, { kind }) => {
  const [M, F] = dx.shape;
  const bound = new Float64Array(M * F);
  for (let i = 0; i < liveRows(offsets, M) * F; i++) {
    const error = derivativeErrors[kind](x.data[i]) * Math.abs(dy.data[i]);
    bound[i] = error + UNIT * (Math.abs(dx.data[i]) + error) + TINY;
  }
  return { dx: bound };
});

/** Errors of act′ and act, times the other factors; two products, the first of which may be flushed to zero, and one. */
export const gatedUnitGrad = defineBound(gatedUnitGradOp, ({ u, dz, offsets }, { du }, { kind }) => {
  const [M, F] = dz.shape;
  const bound = new Float64Array(2 * M * F);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let f = 0; f < F; f++) {
      const [gate, up] = [m * 2 * F + f, m * 2 * F + F + f];
      const [other, upstream] = [Math.abs(u.data[up]), Math.abs(dz.data[m * F + f])];
      const slopeError = derivativeErrors[kind](u.data[gate]) * other * upstream;
      const valueError = activationErrors[kind](u.data[gate]) * upstream;
      const flushed = (3 + other + upstream) * TINY; // before or after the slope, which is below 2
      bound[gate] = slopeError + 2 * UNIT * (Math.abs(du.data[gate]) + slopeError) + flushed;
      bound[up] = valueError + UNIT * (Math.abs(du.data[up]) + valueError) + TINY;
    }
  }
  return { du: bound };
});
