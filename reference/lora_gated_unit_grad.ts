import { loraGatedUnitGradOp } from "../src/ops/experts_grad.ts";
import { activations } from "./activation.ts";
import { derivatives } from "./activation_grad.ts";
import { expanded } from "./experts.ts";
import { defineReference, liveRows } from "./reference.ts";

/**
 * With u_j[o] = u[m, o] + s·Σ_r b[e, o, r]·a[m, j, r]:
 * dv[m, j, f] = act′(u_j[f])·u_j[F + f]·dz[m, j, f];   dv[m, j, F + f] = act(u_j[f])·dz[m, j, f].
 * u [M, 2F], a [M, k, R], b [E, 2F, R], experts [M, k], dz [M, k, F] → dv [M, k, 2F].
 */
export const loraGatedUnitGrad = defineReference(
  loraGatedUnitGradOp,
  ({ u, a, b, experts, dz, offsets }, { dv }, { kind, scale }) => {
    const [M, k, F] = dz.shape;
    for (let slot = 0; slot < liveRows(offsets, M) * k; slot++) {
      const [m, j] = [Math.floor(slot / k), slot % k];
      const inner = (o: number) => u.data[m * 2 * F + o] + scale * expanded({ a, b, experts }, [m, j, o]);
      for (let f = 0; f < F; f++) {
        const [gate, other, d] = [inner(f), inner(F + f), dz.data[slot * F + f]];
        dv.data[slot * 2 * F + f] = derivatives[kind](gate) * other * d;
        dv.data[slot * 2 * F + F + f] = activations[kind](gate) * d;
      }
    }
  },
);
