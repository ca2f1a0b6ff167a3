/**
 * Activations, plain and gated.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { ACTIVATIONS, GATED } from "../op/kinds.ts";
import { activationGrad, gatedUnitGrad } from "./activation_grad.ts";

/** A plain activation; `gelu` is exact (erf), `square` is x². */
export type ActivationKind = typeof ACTIVATIONS[number];

/** y = f(x), element by element. x [M, F] → y [M, F]. */
export const activationOp: Op<"x" | "offsets?", "y", { readonly kind: ActivationKind }> = defineOp({
  name: "activation",
  family: "activation",
  inputs: ["x", "offsets?"],
  outputs: ["y"],
  choices: { kind: ACTIVATIONS },
  infer({ x, offsets }) {
    requireShape("activation", "x", x, [undefined, undefined]);
    requireOffsets("activation", offsets);
    return { y: spec(x.shape) };
  },
  vjp: (backend, { inputs: { x, offsets }, grads: { y }, params: { kind } }) => ({
    x: () => activationGrad(backend, { x, dy: y!, offsets }, kind),
  }),
});

/** Applies {@link activationOp}: x [M, F] → [M, F]. */
export function activation<T extends Tensor>(backend: Backend<T>, x: T, kind: ActivationKind, offsets?: T): T {
  return backend.run(activationOp, { x, offsets }, { kind }).y;
}

/** The activation inside a gated unit: `silu` makes SwiGLU, `gelu` (exact) GeGLU (Shazeer, arXiv 2002.05202). */
export type GateKind = typeof GATED[number];

/** z = f(u[:F]) ⊙ u[F:], row by row. u [M, 2F] → z [M, F]. */
export const gatedUnitOp: Op<"u" | "offsets?", "z", { readonly kind: GateKind }> = defineOp({
  name: "gatedUnit",
  family: "activation",
  inputs: ["u", "offsets?"],
  outputs: ["z"],
  choices: { kind: GATED },
  infer({ u, offsets }) {
    requireShape("gatedUnit", "u", u, [undefined, undefined]);
    demand("gatedUnit", u.shape[1] % 2 === 0, () => `u has ${u.shape[1]} columns, which do not halve`);
    requireOffsets("gatedUnit", offsets);
    return { z: spec([u.shape[0], u.shape[1] / 2]) };
  },
  vjp: (backend, { inputs: { u, offsets }, grads: { z }, params: { kind } }) => ({
    u: () => gatedUnitGrad(backend, { u, dz: z!, offsets }, kind),
  }),
});

/** Applies {@link gatedUnitOp}: u [M, 2F] → [M, F]. */
export function gatedUnit<T extends Tensor>(backend: Backend<T>, u: T, kind: GateKind, offsets?: T): T {
  return backend.run(gatedUnitOp, { u, offsets }, { kind }).z;
}
