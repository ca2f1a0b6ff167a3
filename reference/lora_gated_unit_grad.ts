import type { GateKind } from "../src/ops/activation.ts";
import { loraGatedUnitGradOp } from "../src/ops/experts_grad.ts";
import { TINY, UNIT } from "./bound.ts";
import { adapted, expanded, gates } from "./experts.ts";
import { GELU_CURVE, geluGrad, geluGradBound, SILU_CURVE, siluGrad, siluGradBound } from "./math_grad.ts";
import { defineReference, liveRows } from "./reference.ts";

/** The derivative of each gated unit's activation, its error at x and its largest slope. */
const derivatives: Readonly<
  Record<GateKind, { grad: (x: number) => number; gradBound: (x: number) => number; curve: number }>
> = {
  silu: { grad: siluGrad, gradBound: siluGradBound, curve: SILU_CURVE },
  gelu: { grad: geluGrad, gradBound: geluGradBound, curve: GELU_CURVE },
};

/**
 * With u_j[o] = u[m, o] + s·Σ_r b[e, o, r]·a[m, j, r]:
 * dv[m, j, f] = act′(u_j[f])·u_j[F + f]·dz[m, j, f];   dv[m, j, F + f] = act(u_j[f])·dz[m, j, f].
 * u [M, 2F], a [M, k, R], b [E, 2F, R], experts [M, k], dz [M, k, F] → dv [M, k, 2F].
 */
export const loraGatedUnitGrad = defineReference(loraGatedUnitGradOp, {
  run({ u, a, b, experts, dz, offsets }, { dv }, { kind, scale }) {
    const [M, k, F] = dz.shape;
    for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
      const [m, j] = [Math.floor(slot / k), slot % k];
      const inner = (o: number) => u.data[m * 2 * F + o] + scale * expanded({ a, b, experts }, [m, j, o]);
      for (let f = 0; f < F; f++) {
        const [gate, other, d] = [inner(f), inner(F + f), dz.data[slot * F + f]];
        dv.data[slot * 2 * F + f] = derivatives[kind].grad(gate) * other * d;
        dv.data[slot * 2 * F + F + f] = gates[kind].act(gate) * d;
      }
    }
  },

  /**
   * The error of the gate passes through the slope of act′ and of act, whose own errors are added; that of the other half
   * is multiplied by act′. Then come two products, in any order, and one; an intermediate one may underflow.
   */
  bound({ u, a, b, experts, dz, offsets }, { dv }, { kind, scale }) {
    const [M, k, F] = dz.shape;
    const { bound, slope } = gates[kind];
    const { grad, gradBound, curve } = derivatives[kind];
    const bounds = new Float64Array(M * k * 2 * F);
    for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
      const [m, j] = [Math.floor(slot / k), slot % k];
      for (let f = 0; f < F; f++) {
        const gate = adapted({ u, a, b, experts }, [m, j, f], scale);
        const other = adapted({ u, a, b, experts }, [m, j, F + f], scale);
        const d = Math.abs(dz.data[slot * F + f]);
        const fromGate = gradBound(gate.value) + curve * gate.error;
        const size = Math.abs(other.value) + other.error;
        const first = (fromGate * size + Math.abs(grad(gate.value)) * other.error) * d;
        const second = (bound(gate.value) + slope * gate.error) * d;
        const at = slot * 2 * F + f;
        bounds[at] = first + 2 * UNIT * (Math.abs(dv.data[at]) + first) + TINY * (2 + d + size);
        bounds[at + F] = second + UNIT * (Math.abs(dv.data[at + F]) + second) + TINY;
      }
    }
    return { dv: bounds };
  },
});
