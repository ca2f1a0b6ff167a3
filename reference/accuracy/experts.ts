import type { GatedKind } from "../../src/op/kinds.ts";
import { loraDownOp, loraGatedUnitOp, loraUpOp } from "../../src/ops/experts.ts";
import { activations } from "../activation.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { sumBound, TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { dotSum, Sum } from "./sums.ts";
import { activationErrors, gateSlopes } from "./scalars.ts";

/** A number, and how far off float32 may be. */
export interface Inexact {
  /** The number. */
  readonly value: number;
  /** The largest error. */
  readonly error: number;
}

/** A sum of F products. */
export const loraDown = defineBound(loraDownOp, ({ x, a, experts, offsets }, { y }) => {
  const [M, k, R] = y.shape;
  const F = a.shape[2];
  const bound = new Float64Array(M * k * R);
  for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
    const e = experts.data[slot];
    const row = x.shape.length === 2 ? Math.floor(slot / k) : slot;
    for (let r = 0; r < R; r++) {
      bound[slot * R + r] = dotSum(F, [a.data, (e * R + r) * F], [x.data, row * F]).error();
    }
  }
  return { y: bound };
});

/** u_j[o] = u[m, o] + s·Σ_r b[e, o, r]·a[m, j, r] and its error: R + 1 terms, of which R are multiplied by the rounded s. */
export function adapted(
  { u, a, b, experts }: { u: RefTensor; a: RefTensor; b: RefTensor; experts: RefTensor },
  [m, j, o]: readonly [m: number, j: number, o: number],
  scale: number,
): Inexact {
  const [, O, R] = b.shape;
  const slot = m * experts.shape[1] + j, row = (experts.data[slot] * O + o) * R;
  const sum = dotSum(R, [b.data, row], [a.data, slot * R], scale);
  sum.add(u.data[m * O + o]);
  return { value: sum.value, error: sum.error({ term: 2, total: 1 }) };
}

/** Error of act(gate)·other: the gate's passes through the activation's slope; then the activation's own, and the product. */
export function unitBound(kind: GatedKind, gate: Inexact, other: Inexact): number {
  const fromGate = activationErrors[kind](gate.value) + gateSlopes[kind].slope * gate.error;
  const value = activations[kind](gate.value);
  const error = fromGate * (Math.abs(other.value) + other.error) + Math.abs(value) * other.error;
  return error + UNIT * (Math.abs(value * other.value) + error) + TINY;
}

/** The error of u_j passes through the gated unit; then comes the sum of k terms. */
export const loraGatedUnit = defineBound(
  loraGatedUnitOp,
  ({ u, a, b, experts, weights, offsets }, { z }, { kind, scale }) => {
    const [M, k, F] = z.shape;
    const bounds = { z: new Float64Array(M * k * F), mix: new Float64Array(M * F) };
    const inner = (m: number, j: number, o: number) => adapted({ u, a, b, experts }, [m, j, o], scale);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let f = 0; f < F; f++) {
        let error = 0, absolutes = 0;
        for (let j = 0; j < k; j++) {
          const at = (m * k + j) * F + f;
          bounds.z[at] = unitBound(kind, inner(m, j, f), inner(m, j, F + f));
          error += Math.abs(weights.data[m * k + j]) * bounds.z[at];
          absolutes += Math.abs(weights.data[m * k + j] * z.data[at]) +
            Math.abs(weights.data[m * k + j]) * bounds.z[at];
        }
        bounds.mix[m * F + f] = error + sumBound(k, absolutes);
      }
    }
    return bounds;
  },
);

/** A sum of k·R + 1 terms; all but x are products of three factors and of the rounded s. */
export const loraUp = defineBound(loraUpOp, ({ x, a, b, experts, weights, offsets }, { y }, { scale }) => {
  const [M, D] = y.shape;
  const k = experts.shape[1], R = b.shape[2];
  const bound = new Float64Array(M * D);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let d = 0; d < D; d++) {
      const sum = new Sum();
      sum.add(x.data[m * D + d]);
      for (let j = 0; j < k; j++) {
        const slot = m * k + j, row = (experts.data[slot] * D + d) * R;
        for (let r = 0; r < R; r++) sum.add(scale * weights.data[slot] * b.data[row + r] * a.data[slot * R + r]);
      }
      bound[m * D + d] = sum.error({ term: 3, total: 1 });
    }
  }
  return { y: bound };
});
