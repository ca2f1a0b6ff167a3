import { type ActivationKind, activationOp, gatedUnitOp } from "../src/ops/activation.ts";
import { geluBound, sigmoidBound, siluBound, tanhBound, TINY, UNIT } from "./bound.ts";
import { gelu, sigmoid, silu } from "./math.ts";
import { defineReference, liveRows } from "./reference.ts";

/** A scalar function and its largest float32 error at x. */
export interface Scalar {
  readonly f: (x: number) => number;
  readonly bound: (x: number) => number;
}

/** What each kind of activation is; `relu` chooses and is exact, `square` is one product. */
export const scalars: Readonly<Record<ActivationKind, Scalar>> = {
  gelu: { f: gelu, bound: geluBound },
  silu: { f: silu, bound: siluBound },
  relu: { f: (x) => Math.max(x, 0), bound: () => TINY },
  tanh: { f: Math.tanh, bound: tanhBound },
  sigmoid: { f: sigmoid, bound: sigmoidBound },
  square: { f: (x) => x * x, bound: (x) => UNIT * x * x + TINY },
};

/** y[m, f] = f(x[m, f]). x [M, F] → y [M, F]. */
export const activation = defineReference(activationOp, {
  run({ x, offsets }, { y }, { kind }) {
    const [M, F] = y.shape;
    const { f } = scalars[kind];
    for (let i = 0; i < liveRows(offsets, M) * F; i++) y.data[i] = f(x.data[i]);
  },

  /** That of the scalar function. */
  bound({ x, offsets }, { y }, { kind }) {
    const [M, F] = y.shape;
    const bound = new Float64Array(M * F);
    for (let i = 0; i < liveRows(offsets, M) * F; i++) bound[i] = scalars[kind].bound(x.data[i]);
    return { y: bound };
  },
});

/** z[m, f] = act(u[m, f])·u[m, F + f]. u [M, 2F] → z [M, F]. */
export const gatedUnit = defineReference(gatedUnitOp, {
  run({ u, offsets }, { z }, { kind }) {
    const [M, F] = z.shape;
    const { f: act } = scalars[kind];
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let f = 0; f < F; f++) z.data[m * F + f] = act(u.data[m * 2 * F + f]) * u.data[m * 2 * F + F + f];
    }
  },

  /** That of the activation times the other factor, and one product. */
  bound({ u, offsets }, { z }, { kind }) {
    const [M, F] = z.shape;
    const bound = new Float64Array(M * F);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let f = 0; f < F; f++) {
        const error = scalars[kind].bound(u.data[m * 2 * F + f]) * Math.abs(u.data[m * 2 * F + F + f]);
        bound[m * F + f] = error + UNIT * (Math.abs(z.data[m * F + f]) + error) + TINY;
      }
    }
    return { z: bound };
  },
});
