/**
 * Activations, plain and gated.
 *
 * @module
 */
import { defineOp } from "../op/define.ts";
import { type ActivationKind, ACTIVATIONS, GATED, type GatedKind } from "../op/kinds.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { activationGrad, gatedUnitGrad } from "./activation_grad.ts";

/** y = f(x), element by element. x [M, F] → y [M, F]. */
export const activationOp = defineOp({
  name: "activation",
  family: "activation",
  inputs: { x: "M F", "offsets?": "B+1 i32" },
  outputs: { y: "M F" },
  params: { kind: ACTIVATIONS },
  vjp: (backend, { inputs: { x, offsets }, grads: { y }, params }) => ({
    x: () => activationGrad(backend, { x, dy: y!, offsets }, params),
  }),
});

/** Applies {@link activationOp}: x [M, F] → [M, F]. */
export function activation<T extends Tensor>(backend: Backend<T>, x: T, kind: ActivationKind, offsets?: T): T {
  return backend.run(activationOp, { x, offsets }, { kind }).y;
}

/** z = f(u[:F]) ⊙ u[F:], row by row. u [M, 2F] → z [M, F]. */
export const gatedUnitOp = defineOp({
  name: "gatedUnit",
  family: "activation",
  inputs: { u: "M 2F", "offsets?": "B+1 i32" },
  outputs: { z: "M F" },
  params: { kind: GATED },
  vjp: (backend, { inputs: { u, offsets }, grads: { z }, params }) => ({
    u: () => gatedUnitGrad(backend, { u, dz: z!, offsets }, params),
  }),
});

/** Applies {@link gatedUnitOp}: u [M, 2F] → [M, F]. */
export function gatedUnit<T extends Tensor>(backend: Backend<T>, u: T, kind: GatedKind, offsets?: T): T {
  return backend.run(gatedUnitOp, { u, offsets }, { kind }).z;
}
