/**
 * Mixture of LoRAs: what a row's chosen experts add to the shared feed-forward (arXiv 2512.12880).
 *
 *     u = Wi·h;   u_e = u + s·B1_e·(A1_e·h);   z_e = f(u_e[:F]) ⊙ u_e[F:]
 *     MoL = Wo·(Σ w_e·z_e) + s·Σ w_e·B2_e·(A2_e·z_e)
 *
 * Both dense matrices are applied once for any k; only chosen experts are computed.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import { GATED, type GatedKind } from "../op/kinds.ts";
import { type Backend, once, type Tensor } from "../op/op.ts";
import { add } from "./add.ts";
import { dotSlots, expertOuter, expertTransposed, loraGatedUnitGrad, sumSlots, weightSlots } from "./experts_grad.ts";

/**
 * y[m, j] = A_e·x[m] (or A_e·x[m, j]) with e = experts[m, j]: into the rank of each chosen expert.
 *
 * x [M, F], the same for all chosen experts, or [M, k, F], one each; a [E, R, F], experts [M, k] i32 → y [M, k, R].
 */
export const loraDownOp = defineOp({
  name: "loraDown",
  family: "experts",
  inputs: { x: "M k? D", a: "E R D", experts: "M k i32", "offsets?": "B+1 i32" },
  outputs: { y: "M k R" },
  vjp: (backend, { inputs: { x, a, experts, offsets }, grads: { y } }) => {
    const back = () => expertTransposed(backend, { x: y!, a, experts, offsets }, { scale: 1 });
    return {
      x: () => x.shape.length === 2 ? sumSlots(backend, { x: back(), offsets }) : back(),
      a: () => expertOuter(backend, { x: y!, y: x, experts, offsets }, { E: a.shape[0], scale: 1 }),
    };
  },
});

/** Applies {@link loraDownOp}: x [M, F] or [M, k, F] → [M, k, R]. */
export const loraDown: Apply<"x" | "a" | "experts" | "offsets?", "y"> = applying(loraDownOp);

/** The gated unit of the shared feed-forward, and the LoRA scale s = alpha / rank. */
export interface LoraGatedUnitParams {
  /** SwiGLU or GeGLU. */
  readonly kind: GatedKind;
  /** s. */
  readonly scale: number;
}

/**
 * z_j = gatedUnit(u + s·B_e·a_j) for every chosen expert, and their mixture Σ_j w_j·z_j.
 *
 * u [M, 2F], a [M, k, R], b [E, 2F, R], experts [M, k] i32, weights [M, k] → z [M, k, F], mix [M, F].
 */
export const loraGatedUnitOp = defineOp({
  name: "loraGatedUnit",
  family: "experts",
  inputs: { u: "M 2F", a: "M k R", b: "E 2F R", experts: "M k i32", weights: "M k", "offsets?": "B+1 i32" },
  outputs: { z: "M k F", mix: "M F" },
  params: { kind: GATED, scale: "number" },
  vjp: (backend, { inputs: { u, a, b, experts, weights, offsets }, outputs: { z }, grads, params }) => {
    const { scale } = params;
    const dz = (): typeof z => {
      if (!grads.mix) return grads.z!;
      const mixed = weightSlots(backend, { x: grads.mix, weights, offsets });
      return grads.z ? add(backend, grads.z, mixed) : mixed;
    };
    const dv = once(() => loraGatedUnitGrad(backend, { u, a, b, experts, dz: dz(), offsets }, params));
    const derivatives = {
      u: () => sumSlots(backend, { x: dv(), offsets }),
      a: () => expertTransposed(backend, { x: dv(), a: b, experts, offsets }, { scale }),
      b: () => expertOuter(backend, { x: dv(), y: a, experts, offsets }, { E: b.shape[0], scale }),
    };
    const { mix } = grads;
    return mix ? { ...derivatives, weights: () => dotSlots(backend, { a: z, b: mix, offsets }) } : derivatives;
  },
});

/** Applies {@link loraGatedUnitOp}: u [M, 2F] → z [M, k, F], mix [M, F]. */
export const loraGatedUnit: Apply<
  "u" | "a" | "b" | "experts" | "weights" | "offsets?",
  "z" | "mix",
  LoraGatedUnitParams
> = applying(loraGatedUnitOp);

/**
 * y = x + s·Σ_j w_j·B_e·a_j: out of the rank, weighted, onto what the shared matrix gave.
 *
 * x [M, D], a [M, k, R], b [E, D, R], experts [M, k] i32, weights [M, k] → y [M, D].
 */
export const loraUpOp = defineOp({
  name: "loraUp",
  family: "experts",
  inputs: { x: "M D", a: "M k R", b: "E D R", experts: "M k i32", weights: "M k", "offsets?": "B+1 i32" },
  outputs: { y: "M D" },
  params: { scale: "number" },
  vjp: (backend, { inputs: { a, b, experts, weights, offsets }, grads, params: { scale } }) => {
    const dy = grads.y!;
    const back = once(() => expertTransposed(backend, { x: dy, a: b, experts, offsets }, { scale }));
    return {
      x: () => dy,
      a: () => weightSlots(backend, { x: back(), weights, offsets }),
      b: () => {
        const weighted = weightSlots(backend, { x: a, weights, offsets });
        return expertOuter(backend, { x: dy, y: weighted, experts, offsets }, { E: b.shape[0], scale });
      },
      weights: () => dotSlots(backend, { a, b: back(), offsets }),
    };
  },
});

/** Applies {@link loraUpOp}: x [M, D] → [M, D]. */
export function loraUp<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; a: T; b: T; experts: T; weights: T; offsets?: T },
  scale: number,
): T {
  return backend.run(loraUpOp, inputs, { scale }).y;
}
