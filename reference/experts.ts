import type { GateKind } from "../src/ops/activation.ts";
import { loraDownOp, loraGatedUnitOp, loraUpOp } from "../src/ops/experts.ts";
import { GELU_SLOPE, geluBound, SILU_SLOPE, siluBound, sumBound, TINY, UNIT } from "./bound.ts";
import { gelu, silu } from "./math.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** A number, and how far off float32 may be. */
export interface Inexact {
  /** The number. */
  readonly value: number;
  /** The largest error. */
  readonly error: number;
}

/** Σ_r b[e, o, r]·a[m, j, r], one row o of a chosen expert's B times its projection; or the sum of absolute terms. */
export function expanded(
  { a, b, experts }: { a: RefTensor; b: RefTensor; experts: RefTensor },
  [m, j, o]: readonly [m: number, j: number, o: number],
  term: (product: number) => number = (product) => product,
): number {
  const [, O, R] = b.shape;
  const slot = m * experts.shape[1] + j;
  const e = experts.data[slot];
  let sum = 0;
  for (let r = 0; r < R; r++) sum += term(b.data[(e * O + o) * R + r] * a.data[slot * R + r]);
  return sum;
}

/** y[m, j, r] = Σ_f a[e, r, f]·x[m, f] (or x[m, j, f]), e = experts[m, j]. a [E, R, F] → y [M, k, R]. */
export const loraDown = defineReference(loraDownOp, {
  run({ x, a, experts, offsets }, { y }) {
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
  },

  /** A sum of F products. */
  bound({ x, a, experts, offsets }, { y }) {
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
  },
});

/** u_j[o] = u[m, o] + s·Σ_r b[e, o, r]·a[m, j, r] with its error: R + 1 terms, of which R are multiplied by the rounded s. */
export function adapted(
  { u, a, b, experts }: { u: RefTensor; a: RefTensor; b: RefTensor; experts: RefTensor },
  [m, j, o]: readonly [m: number, j: number, o: number],
  scale: number,
): Inexact {
  const [, O, R] = b.shape;
  const shared = u.data[m * O + o];
  const absolutes = Math.abs(shared) + Math.abs(scale) * expanded({ a, b, experts }, [m, j, o], Math.abs);
  return { value: shared + scale * expanded({ a, b, experts }, [m, j, o]), error: sumBound(R + 3, absolutes) };
}

/** The activation of each gated unit, its error at x and its largest slope. */
export const gates: Readonly<
  Record<GateKind, { act: (x: number) => number; bound: (x: number) => number; slope: number }>
> = {
  silu: { act: silu, bound: siluBound, slope: SILU_SLOPE },
  gelu: { act: gelu, bound: geluBound, slope: GELU_SLOPE },
};

/** Error of act(gate)·other: the gate's passes through the activation's slope; then the activation's own, and the product. */
export function unitBound(kind: GateKind, gate: Inexact, other: Inexact): number {
  const { act, bound, slope } = gates[kind];
  const fromGate = bound(gate.value) + slope * gate.error;
  const value = act(gate.value);
  const error = fromGate * (Math.abs(other.value) + other.error) + Math.abs(value) * other.error;
  return error + UNIT * (Math.abs(value * other.value) + error) + TINY;
}

/**
 * u_j[o] = u[m, o] + s·Σ_r b[e, o, r]·a[m, j, r];   z[m, j, f] = act(u_j[f])·u_j[F + f];   mix[m, f] = Σ_j w[m, j]·z[m, j, f].
 * u [M, 2F], a [M, k, R], b [E, 2F, R], experts, weights w [M, k] → z [M, k, F], mix [M, F].
 */
export const loraGatedUnit = defineReference(loraGatedUnitOp, {
  run({ u, a, b, experts, weights, offsets }, { z, mix }, { kind, scale }) {
    const [M, k, F] = z.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let f = 0; f < F; f++) {
        const inner = (j: number, o: number) => u.data[m * 2 * F + o] + scale * expanded({ a, b, experts }, [m, j, o]);
        let sum = 0;
        for (let j = 0; j < k; j++) {
          const value = gates[kind].act(inner(j, f)) * inner(j, F + f);
          z.data[(m * k + j) * F + f] = value;
          sum += weights.data[m * k + j] * value;
        }
        mix.data[m * F + f] = sum;
      }
    }
  },

  /** The error of u_j passes through the gated unit; then comes the sum of k terms. */
  bound({ u, a, b, experts, weights, offsets }, { z }, { kind, scale }) {
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
});

/** y[m, d] = x[m, d] + s·Σ_j w[m, j]·Σ_r b[e, d, r]·a[m, j, r]. x [M, D], b [E, D, R] → y [M, D]. */
export const loraUp = defineReference(loraUpOp, {
  run({ x, a, b, experts, weights, offsets }, { y }, { scale }) {
    const [M, D] = y.shape;
    const k = experts.shape[1];
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let d = 0; d < D; d++) {
        let sum = 0;
        for (let j = 0; j < k; j++) sum += weights.data[m * k + j] * expanded({ a, b, experts }, [m, j, d]);
        y.data[m * D + d] = x.data[m * D + d] + scale * sum;
      }
    }
  },

  /** A sum of k·R + 1 terms; all but x are multiplied by a weight and by the rounded s, three roundings more. */
  bound({ x, a, b, experts, weights, offsets }, { y }, { scale }) {
    const [M, D] = y.shape;
    const k = experts.shape[1];
    const bound = new Float64Array(M * D);
    for (let m = 0; m < liveRows(offsets, M); m++) {
      for (let d = 0; d < D; d++) {
        let absolutes = 0;
        for (let j = 0; j < k; j++) {
          absolutes += Math.abs(weights.data[m * k + j]) * expanded({ a, b, experts }, [m, j, d], Math.abs);
        }
        const terms = k * b.shape[2] + 4;
        bound[m * D + d] = sumBound(terms, Math.abs(x.data[m * D + d]) + Math.abs(scale) * absolutes);
      }
    }
    return { y: bound };
  },
});
