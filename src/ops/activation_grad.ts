/**
 * Derivatives of activations, plain and gated.
 *
 * @module
 */
import { applying, defineOp } from "../op/define.ts";
import { ACTIVATIONS, GATED } from "../op/kinds.ts";

/** dx = f′(x) ⊙ dy; relu′(0) = 0. x, dy [M, F] → dx [M, F]. */
export const activationGradOp = defineOp({
  name: "activationGrad",
  family: "activation_grad",
  inputs: { x: "M F", dy: "M F", "offsets?": "B+1 i32" },
  outputs: { dx: "M F" },
  params: { kind: ACTIVATIONS },
});

/** Applies {@link activationGradOp}: x, dy [M, F] → [M, F]. */
export const activationGrad = applying(activationGradOp);

/** du[:F] = f′(u[:F]) ⊙ u[F:] ⊙ dz, du[F:] = f(u[:F]) ⊙ dz. u [M, 2F], dz [M, F] → du [M, 2F]. */
export const gatedUnitGradOp = defineOp({
  name: "gatedUnitGrad",
  family: "activation_grad",
  inputs: { u: "M 2F", dz: "M F", "offsets?": "B+1 i32" },
  outputs: { du: "M 2F" },
  params: { kind: GATED },
});

/** Applies {@link gatedUnitGradOp}: u [M, 2F], dz [M, F] → [M, 2F]. */
export const gatedUnitGrad = applying(gatedUnitGradOp);
