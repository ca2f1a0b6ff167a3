/**
 * Derivative of the token embedding.
 *
 * @module
 */
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op.ts";

/** dtable[v] = Σ over live rows m with ids[m] = v of dy[m]. ids [M] i32 below V (below 0: no token), dy [M, J] → dtable [V, J]. */
export const embedGradOp: Op<"ids" | "dy" | "offsets?", "dtable", { readonly V: number }> = defineOp({
  name: "embedGrad",
  family: "embed_grad",
  inputs: ["ids", "dy", "offsets?"],
  outputs: ["dtable"],
  infer({ ids, dy, offsets }, { V }: { readonly V: number }) {
    requireShape("embedGrad", "ids", ids, [undefined], "i32");
    requireShape("embedGrad", "dy", dy, [ids.shape[0], undefined]);
    requireOffsets("embedGrad", offsets);
    return { dtable: spec([V, dy.shape[1]]) };
  },
});

/** Applies {@link embedGradOp}: dy [M, J] → [V, J]. */
export function embedGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { ids: T; dy: T; offsets?: T },
  V: number,
): T {
  return backend.run(embedGradOp, inputs, { V }).dtable;
}
