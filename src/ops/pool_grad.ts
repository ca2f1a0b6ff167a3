/**
 * Derivative of pooling.
 *
 * @module
 */
import { POOLINGS } from "../op/kinds.ts";
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import type { PoolParams } from "./pool.ts";

/**
 * dx[m]: what reaches row m of its sequence's vector v: dv times the weight that the row has in it; `max` passes each
 * column's dv to the first of its greatest rows.
 *
 * dv = dy, or (dy − ŷ·(ŷ·dy))/|v| with ŷ = v/|v| where the vector was normalised (0 where v = 0). x [M, D], dy [B, D],
 * offsets [B+1] → dx [M, D].
 */
export const poolGradOp: Op<"x" | "dy" | "offsets", "dx", PoolParams> = defineOp({
  name: "poolGrad",
  family: "pool_grad",
  inputs: ["x", "dy", "offsets"],
  outputs: ["dx"],
  choices: { kind: POOLINGS },
  infer({ x, dy, offsets }) {
    requireShape("poolGrad", "x", x, [undefined, undefined]);
    requireOffsets("poolGrad", offsets);
    requireShape("poolGrad", "dy", dy, [offsets.shape[0] - 1, x.shape[1]]);
    return { dx: spec(x.shape) };
  },
});

/** Applies {@link poolGradOp}: x [M, D], dy [B, D] → [M, D]. */
export function poolGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; dy: T; offsets: T },
  { kind, normalize }: PoolParams,
): T {
  return backend.run(poolGradOp, inputs, { kind, normalize }).dx;
}
