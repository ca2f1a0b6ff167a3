import type { GateKind } from "../../src/ops/activation.ts";
import { loraDownOp, loraGatedUnitOp, loraUpOp } from "../../src/ops/experts.ts";
import { activations } from "../activation.ts";
import { expanded } from "../experts.ts";
import { liveRows, type RefTensor } from "../reference.ts";
import { sumBound, TINY, UNIT } from "./bound.ts";
import { absolute, defineBound } from "./define.ts";
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
      let absolutes = 0;
      for (let f = 0; f < F; f++) absolutes += Math.abs(a.data[(e * R + r) * F + f] * x.data[row * F + f]);
      bound[slot * R + r] = sumBound(F, absolutes);
    }
  }
  return { y: bound };
});

/** u_j[o] = u[m, o] + s·Σ_r b[e, o, r]·a[m, j, r] with its error: R + 1 terms, of which R are multiplied by the rounded s. */
export function adapted(
  { u, a, b, experts }: { u: RefTensor; a: RefTensor; b: RefTensor; experts: RefTensor },
  [m, j, o]: readonly [m: number, j: number, o: number],
  scale: number,
): Inexact {
  const [, O, R] = b.shape;
  const shared = u.data[m * O + o];
  const absolutes = Math.abs(shared) +
    Math.abs(scale) * expanded({ a: absolute(a), b: absolute(b), experts }, [m, j, o]);
  return { value: shared + scale * expanded({ a, b, experts }, [m, j, o]), error: sumBound(R + 3, absolutes) };
}

/** Error of act(gate)·other: the gate's passes through the activation's slope; then the activation's own, and the product. */
export function unitBound(kind: GateKind, gate: Inexact, other: Inexact): number {
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

/** A sum of k·R + 1 terms; all but x are multiplied by a weight and by the rounded s, three roundings more. */
export const loraUp = defineBound(loraUpOp, ({ x, a, b, experts, weights, offsets }, { y }, { scale }) => {
  const [M, D] = y.shape;
  const k = experts.shape[1];
  const bound = new Float64Array(M * D);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let d = 0; d < D; d++) {
      let absolutes = 0;
      for (let j = 0; j < k; j++) {
        absolutes += Math.abs(weights.data[m * k + j]) *
          expanded({ a: absolute(a), b: absolute(b), experts }, [m, j, d]);
      }
      const terms = k * b.shape[2] + 4;
      bound[m * D + d] = sumBound(terms, Math.abs(x.data[m * D + d]) + Math.abs(scale) * absolutes);
    }
  }
  return { y: bound };
});
