import { loraGatedUnitGradOp } from "../../src/ops/experts_grad.ts";
import { derivatives } from "../activation_grad.ts";
import { liveRows } from "../reference.ts";
import { TINY, UNIT } from "./bound.ts";
import { defineBound } from "./define.ts";
import { adapted } from "./experts.ts";
import { activationErrors, derivativeErrors, gateSlopes } from "./scalars.ts";

/**
 * The error of the gate passes through the slope of act′ and of act, whose own errors are added; that of the other half
 * is multiplied by act′. Then come two products, in any order, and one; an intermediate one may underflow.
 */
export const loraGatedUnitGrad = defineBound(
  loraGatedUnitGradOp,
  ({ u, a, b, experts, dz, offsets }, { dv }, { kind, scale }) => {
    const [M, k, F] = dz.shape;
    const { slope, curve } = gateSlopes[kind];
    const bounds = new Float64Array(M * k * 2 * F);
    for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
      const [m, j] = [Math.floor(slot / k), slot % k];
      for (let f = 0; f < F; f++) {
        const gate = adapted({ u, a, b, experts }, [m, j, f], scale);
        const other = adapted({ u, a, b, experts }, [m, j, F + f], scale);
        const d = Math.abs(dz.data[slot * F + f]);
        const fromGate = derivativeErrors[kind](gate.value) + curve * gate.error;
        const size = Math.abs(other.value) + other.error;
        const first = (fromGate * size + Math.abs(derivatives[kind](gate.value)) * other.error) * d;
        const second = (activationErrors[kind](gate.value) + slope * gate.error) * d;
        const at = slot * 2 * F + f;
        bounds[at] = first + 2 * UNIT * (Math.abs(dv.data[at]) + first) + TINY * (2 + d + size);
        bounds[at + F] = second + UNIT * (Math.abs(dv.data[at + F]) + second) + TINY;
      }
    }
    return { dv: bounds };
  },
);
