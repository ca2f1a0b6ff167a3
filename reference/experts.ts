import { loraDownOp, loraGatedUnitOp, loraUpOp } from "../src/ops/experts.ts";
import { activations } from "./activation.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** Σ_r b[e, o, r]·a[m, j, r], row o of the chosen expert's B times its projection. */
export function expanded(
  { a, b, experts }: { a: RefTensor; b: RefTensor; experts: RefTensor },
  [m, j, o]: readonly [m: number, j: number, o: number],
): number {
  const [, O, R] = b.shape;
  const slot = m * experts.shape[1] + j;
  const e = experts.data[slot];
  let sum = 0;
  for (let r = 0; r < R; r++) sum += b.data[(e * O + o) * R + r] * a.data[slot * R + r];
  return sum;
}

/** y[m, j, r] = Σ_f a[e, r, f]·x[m, f] (or x[m, j, f]), e = experts[m, j]. a [E, R, F] → y [M, k, R]. */
export const loraDown = defineReference(loraDownOp, ({ x, a, experts, offsets }, { y }) => {
  const [M, k, R] = y.shape;
  const F = a.shape[2];
  for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
    const e = experts.data[slot];
    const row = x.shape.length === 2 ? Math.floor(slot / k) : slot;
    for (let r = 0; r < R; r++) {
      let sum = 0;
      for (let f = 0; f < F; f++) sum += a.data[(e * R + r) * F + f] * x.data[row * F + f];
      y.data[slot * R + r] = sum;
    }
  }
});

/**
 * u_j[o] = u[m, o] + s·Σ_r b[e, o, r]·a[m, j, r];   z[m, j, f] = act(u_j[f])·u_j[F + f];   mix[m, f] = Σ_j w[m, j]·z[m, j, f].
 * u [M, 2F], a [M, k, R], b [E, 2F, R], experts, weights w [M, k] → z [M, k, F], mix [M, F].
 */
export const loraGatedUnit = defineReference(
  loraGatedUnitOp,
  ({ u, a, b, experts, weights, offsets }, { z, mix }, { kind, scale }) => {
    const [M, k, F] = z.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let f = 0; f < F; f++) {
        const inner = (j: number, o: number) => u.data[m * 2 * F + o] + scale * expanded({ a, b, experts }, [m, j, o]);
        let sum = 0;
        for (let j = 0; j < k; j++) {
          const value = activations[kind](inner(j, f)) * inner(j, F + f);
          z.data[(m * k + j) * F + f] = value;
          sum += weights.data[m * k + j] * value;
        }
        mix.data[m * F + f] = sum;
      }
    }
  },
);

/** y[m, d] = x[m, d] + s·Σ_j w[m, j]·Σ_r b[e, d, r]·a[m, j, r]. x [M, D], b [E, D, R] → y [M, D]. */
export const loraUp = defineReference(loraUpOp, ({ x, a, b, experts, weights, offsets }, { y }, { scale }) => {
  const [M, D] = y.shape;
  const k = experts.shape[1];
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let d = 0; d < D; d++) {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += weights.data[m * k + j] * expanded({ a, b, experts }, [m, j, d]);
      y.data[m * D + d] = x.data[m * D + d] + scale * sum;
    }
  }
});
