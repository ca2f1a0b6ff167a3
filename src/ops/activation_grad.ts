/**
 * Derivatives of activations, plain and gated.
 *
 * @module
 */
import { ACTIVATIONS, GATED } from "../op/kinds.ts";
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import type { ActivationKind, GateKind } from "./activation.ts";

/** dx = f′(x) ⊙ dy; relu′(0) = 0. x, dy [M, F] → dx [M, F]. */
export const activationGradOp: Op<"x" | "dy" | "offsets?", "dx", { readonly kind: ActivationKind }> = defineOp({
  name: "activationGrad",
  family: "activation_grad",
  inputs: ["x", "dy", "offsets?"],
  outputs: ["dx"],
  choices: { kind: ACTIVATIONS },
  infer({ x, dy, offsets }) {
    requireShape("activationGrad", "x", x, [undefined, undefined]);
    requireShape("activationGrad", "dy", dy, x.shape);
    requireOffsets("activationGrad", offsets);
    return { dx: spec(x.shape) };
  },
});

/** Applies {@link activationGradOp}: x, dy [M, F] → [M, F]. */
export function activationGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; dy: T; offsets?: T },
  kind: ActivationKind,
): T {
  return backend.run(activationGradOp, inputs, { kind }).dx;
}

/** du[:F] = f′(u[:F]) ⊙ u[F:] ⊙ dz, du[F:] = f(u[:F]) ⊙ dz. u [M, 2F], dz [M, F] → du [M, 2F]. */
export const gatedUnitGradOp: Op<"u" | "dz" | "offsets?", "du", { readonly kind: GateKind }> = defineOp({
  name: "gatedUnitGrad",
  family: "activation_grad",
  inputs: ["u", "dz", "offsets?"],
  outputs: ["du"],
  choices: { kind: GATED },
  infer({ u, dz, offsets }) {
    requireShape("gatedUnitGrad", "u", u, [undefined, undefined]);
    demand("gatedUnitGrad", u.shape[1] % 2 === 0, () => `u has ${u.shape[1]} columns, which do not halve`);
    requireShape("gatedUnitGrad", "dz", dz, [u.shape[0], u.shape[1] / 2]);
    requireOffsets("gatedUnitGrad", offsets);
    return { du: spec(u.shape) };
  },
});

/** Applies {@link gatedUnitGradOp}: u [M, 2F], dz [M, F] → [M, 2F]. */
export function gatedUnitGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { u: T; dz: T; offsets?: T },
  kind: GateKind,
): T {
  return backend.run(gatedUnitGradOp, inputs, { kind }).du;
}
