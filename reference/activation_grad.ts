import type { ActivationKind } from "../src/ops/activation.ts";
import { activationGradOp, gatedUnitGradOp } from "../src/ops/activation_grad.ts";
import { type Scalar, scalars } from "./activation.ts";
import { TINY, UNIT } from "./bound.ts";
import * as grad from "./math_grad.ts";
import { defineReference, liveRows } from "./reference.ts";

/** The derivative of each kind; that of `relu` chooses, that of `square` only doubles: both are exact. */
const slopes: Readonly<Record<ActivationKind, Scalar>> = {
  gelu: { f: grad.geluGrad, bound: grad.geluGradBound },
  silu: { f: grad.siluGrad, bound: grad.siluGradBound },
  relu: { f: (x) => x > 0 ? 1 : 0, bound: () => 0 },
  tanh: { f: grad.tanhGrad, bound: grad.tanhGradBound },
  sigmoid: { f: grad.sigmoidGrad, bound: grad.sigmoidGradBound },
  square: { f: (x) => 2 * x, bound: () => TINY },
};

/** dx[m, f] = f′(x[m, f])·dy[m, f]. x, dy [M, F] → dx [M, F]. */
export const activationGrad = defineReference(activationGradOp, {
  run({ x, dy, offsets }, { dx }, { kind }) {
    const [M, F] = dx.shape;
    const { f: slope } = slopes[kind];
    for (let i = 0; i < liveRows(offsets, M) * F; i++) dx.data[i] = slope(x.data[i]) * dy.data[i];
  },

  /** That of the derivative times dy, and one product. */
  bound({ x, dy, offsets }, { dx }, { kind }) {
    const [M, F] = dx.shape;
    const bound = new Float64Array(M * F);
    for (let i = 0; i < liveRows(offsets, M) * F; i++) {
      const error = slopes[kind].bound(x.data[i]) * Math.abs(dy.data[i]);
      bound[i] = error + UNIT * (Math.abs(dx.data[i]) + error) + TINY;
    }
    return { dx: bound };
  },
});

/** du[m, f] = act′(u[m, f])·u[m, F + f]·dz[m, f]; du[m, F + f] = act(u[m, f])·dz[m, f]. u [M, 2F], dz [M, F] → du [M, 2F]. */
export const gatedUnitGrad = defineReference(gatedUnitGradOp, {
  run({ u, dz, offsets }, { du }, { kind }) {
    const [M, F] = dz.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let f = 0; f < F; f++) {
        const [gate, up] = [m * 2 * F + f, m * 2 * F + F + f];
        const upstream = dz.data[m * F + f];
        du.data[gate] = slopes[kind].f(u.data[gate]) * u.data[up] * upstream;
        du.data[up] = scalars[kind].f(u.data[gate]) * upstream;
      }
    }
  },

  /** Those of the two functions times the other factors; two products, of which the first may be flushed to zero, and one. */
  bound({ u, dz, offsets }, { du }, { kind }) {
    const [M, F] = dz.shape;
    const bound = new Float64Array(2 * M * F);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let f = 0; f < F; f++) {
        const [gate, up] = [m * 2 * F + f, m * 2 * F + F + f];
        const [other, upstream] = [Math.abs(u.data[up]), Math.abs(dz.data[m * F + f])];
        const slopeError = slopes[kind].bound(u.data[gate]) * other * upstream;
        const valueError = scalars[kind].bound(u.data[gate]) * upstream;
        const flushed = (3 + other + upstream) * TINY; // before or after the slope, which is below 2
        bound[gate] = slopeError + 2 * UNIT * (Math.abs(du.data[gate]) + slopeError) + flushed;
        bound[up] = valueError + UNIT * (Math.abs(du.data[up]) + valueError) + TINY;
      }
    }
    return { du: bound };
  },
});
