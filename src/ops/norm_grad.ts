/**
 * Derivatives of RMSNorm and LayerNorm.
 *
 * @module
 */
import { applying, defineOp } from "../op/define.ts";
import { NORMS } from "../op/kinds.ts";

/**
 * dx = s·(g − x̂·mean(g ⊙ x̂)) for `rms`, s·(g − mean(g) − x̂·mean(g ⊙ x̂)) for `layer`.
 *
 * g = dy ⊙ weight, s = 1/√(mean square (or variance) + ε), x̂ = s·x or s·(x − mean). x, dy [M, D], weight [D] → dx [M, D].
 */
export const normGradOp = defineOp({
  name: "normGrad",
  family: "norm_grad",
  inputs: { x: "M D", weight: "D", dy: "M D", "offsets?": "B+1 i32" },
  outputs: { dx: "M D" },
  params: { kind: NORMS, eps: "number" },
});

/** Applies {@link normGradOp}: x, dy [M, D], weight [D] → [M, D]. */
export const normGrad = applying(normGradOp);

/** dweight = Σ over live rows of dy ⊙ x̂, x̂ the normalised row. x, dy [M, D] → dweight [D]. */
export const normGradWeightOp = defineOp({
  name: "normGradWeight",
  family: "norm_grad",
  inputs: { x: "M D", dy: "M D", "offsets?": "B+1 i32" },
  outputs: { dweight: "D" },
  params: { kind: NORMS, eps: "number" },
});

/** Applies {@link normGradWeightOp}: x, dy [M, D] → [D]. */
export const normGradWeight = applying(normGradWeightOp);
