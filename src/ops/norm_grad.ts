/**
 * Derivatives of RMSNorm and LayerNorm.
 *
 * @module
 */
import { NORMS } from "../op/kinds.ts";
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import type { NormParams } from "./norm.ts";

/**
 * dx = s·(g − x̂·mean(g ⊙ x̂)) for `rms`, s·(g − mean(g) − x̂·mean(g ⊙ x̂)) for `layer`.
 *
 * g = dy ⊙ weight, s = 1/√(mean square (or variance) + ε), x̂ = s·x or s·(x − mean). x, dy [M, D], weight [D] → dx [M, D].
 */
export const normGradOp: Op<"x" | "weight" | "dy" | "offsets?", "dx", NormParams> = defineOp({
  name: "normGrad",
  family: "norm_grad",
  inputs: ["x", "weight", "dy", "offsets?"],
  outputs: ["dx"],
  choices: { kind: NORMS },
  infer({ x, weight, dy, offsets }) {
    requireShape("normGrad", "x", x, [undefined, undefined]);
    requireShape("normGrad", "weight", weight, [x.shape[1]]);
    requireShape("normGrad", "dy", dy, x.shape);
    requireOffsets("normGrad", offsets);
    return { dx: spec(x.shape) };
  },
});

/** Applies {@link normGradOp}: x, dy [M, D], weight [D] → [M, D]. */
export function normGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; weight: T; dy: T; offsets?: T },
  { kind, eps }: NormParams,
): T {
  return backend.run(normGradOp, inputs, { kind, eps }).dx;
}

/** dweight = Σ over live rows of dy ⊙ x̂, x̂ the normalised row. x, dy [M, D] → dweight [D]. */
export const normGradWeightOp: Op<"x" | "dy" | "offsets?", "dweight", NormParams> = defineOp({
  name: "normGradWeight",
  family: "norm_grad",
  inputs: ["x", "dy", "offsets?"],
  outputs: ["dweight"],
  choices: { kind: NORMS },
  infer({ x, dy, offsets }) {
    requireShape("normGradWeight", "x", x, [undefined, undefined]);
    requireShape("normGradWeight", "dy", dy, x.shape);
    requireOffsets("normGradWeight", offsets);
    return { dweight: spec([x.shape[1]]) };
  },
});

/** Applies {@link normGradWeightOp}: x, dy [M, D] → [D]. */
export function normGradWeight<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; dy: T; offsets?: T },
  { kind, eps }: NormParams,
): T {
  return backend.run(normGradWeightOp, inputs, { kind, eps }).dweight;
}
