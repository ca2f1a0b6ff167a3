import type { ActivationKind } from "../src/op/kinds.ts";
import { activationGradOp, gatedUnitGradOp } from "../src/ops/activation_grad.ts";
import { activations } from "./activation.ts";
import { geluGrad, sigmoidGrad, siluGrad, tanhGrad } from "./math_grad.ts";
import { defineReference, liveRows } from "./reference.ts";

/** The derivative of each kind of activation. */
export const derivatives: Readonly<Record<ActivationKind, (x: number) => number>> = {
  gelu: geluGrad,
  silu: siluGrad,
  relu: (x) => x > 0 ? 1 : 0,
  tanh: tanhGrad,
  sigmoid: sigmoidGrad,
  square: (x) => 2 * x,
};

/** dx[m, f] = f′(x[m, f])·dy[m, f]. x, dy [M, F] → dx [M, F]. */
export const activationGrad = defineReference(activationGradOp, ({ x, dy, offsets }, { dx }, { kind }) => {
  const [M, F] = dx.shape;
  const slope = derivatives[kind];
  for (let i = 0; i < liveRows(offsets, M) * F; i++) dx.data[i] = slope(x.data[i]) * dy.data[i];
});

/** du[m, f] = act′(u[m, f])·u[m, F + f]·dz[m, f]; du[m, F + f] = act(u[m, f])·dz[m, f]. u [M, 2F], dz [M, F] → du [M, 2F]. */
export const gatedUnitGrad = defineReference(gatedUnitGradOp, ({ u, dz, offsets }, { du }, { kind }) => {
  const [M, F] = dz.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let f = 0; f < F; f++) {
      const [gate, up] = [m * 2 * F + f, m * 2 * F + F + f];
      const upstream = dz.data[m * F + f];
      du.data[gate] = derivatives[kind](u.data[gate]) * u.data[up] * upstream;
      du.data[up] = activations[kind](u.data[gate]) * upstream;
    }
  }
});
