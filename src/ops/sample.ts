/**
 * Choosing the next token.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op.ts";

/** ids[m] = argmax_v logits[m, v], ties to the lower id. logits [M, V] → ids [M] i32. */
export const pickOp: Op<"logits" | "offsets?", "ids", Record<never, never>> = defineOp({
  name: "pick",
  family: "sample",
  inputs: ["logits", "offsets?"],
  outputs: ["ids"],
  infer({ logits, offsets }) {
    requireShape("pick", "logits", logits, [undefined, undefined]);
    demand("pick", logits.shape[1] > 0, () => "logits have no columns");
    requireOffsets("pick", offsets);
    return { ids: spec([logits.shape[0]], "i32") };
  },
});

/** Applies {@link pickOp}: logits [M, V] → [M]. */
export function pick<T extends Tensor>(backend: Backend<T>, logits: T, offsets?: T): T {
  return backend.run(pickOp, { logits, offsets }, {}).ids;
}
