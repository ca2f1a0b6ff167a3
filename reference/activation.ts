import type { ActivationKind } from "../src/op/kinds.ts";
import { activationOp, gatedUnitOp } from "../src/ops/activation.ts";
import { gelu, sigmoid, silu } from "./math.ts";
import { defineReference, liveRows } from "./reference.ts";

/** The scalar function of each kind of activation. */
export const activations: Readonly<Record<ActivationKind, (x: number) => number>> = {
  gelu,
  silu,
  relu: (x) => Math.max(x, 0),
  tanh: Math.tanh,
  sigmoid,
  square: (x) => x * x,
};

/** y[m, f] = f(x[m, f]). x [M, F] → y [M, F]. */
export const activation = defineReference(activationOp, ({ x, offsets }, { y }, { kind }) => {
  const [M, F] = y.shape;
  const f = activations[kind];
  for (let i = 0; i < liveRows(offsets, M) * F; i++) y.data[i] = f(x.data[i]);
});

/** z[m, f] = act(u[m, f])·u[m, F + f]. u [M, 2F] → z [M, F]. */
export const gatedUnit = defineReference(gatedUnitOp, ({ u, offsets }, { z }, { kind }) => {
  const [M, F] = z.shape;
  const act = activations[kind];
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let f = 0; f < F; f++) z.data[m * F + f] = act(u.data[m * 2 * F + f]) * u.data[m * 2 * F + F + f];
  }
});
