/**
 * Derivative of pooling.
 *
 * @module
 */
import { applying, defineOp } from "../op/define.ts";
import { POOLINGS } from "../op/kinds.ts";

/**
 * dx[m]: what reaches row m of its sequence's vector v: dv times the weight that the row has in it; `max` passes each
 * column's dv to the first of its greatest rows.
 *
 * dv = dy, or (dy − ŷ·(ŷ·dy))/|v| with ŷ = v/|v| where the vector was normalised (0 where v = 0). x [M, D], dy [B, D],
 * offsets [B+1] → dx [M, D].
 */
export const poolGradOp = defineOp({
  name: "poolGrad",
  family: "pool_grad",
  inputs: { x: "M D", dy: "B D", offsets: "B+1 i32" },
  outputs: { dx: "M D" },
  params: { kind: POOLINGS, normalize: "boolean" },
});

/** Applies {@link poolGradOp}: x [M, D], dy [B, D] → [M, D]. */
export const poolGrad = applying(poolGradOp);
