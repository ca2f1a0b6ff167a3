/**
 * Token embedding.
 *
 * @module
 */
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op.ts";
import { embedGrad } from "./embed_grad.ts";

/** y[m] = table[ids[m]], 0 where ids[m] < 0 (no token). ids [M] i32 below V, table [V, J] → y [M, J]. */
export const embedOp: Op<"ids" | "table" | "offsets?", "y", Record<never, never>> = defineOp({
  name: "embed",
  family: "embed",
  inputs: ["ids", "table", "offsets?"],
  outputs: ["y"],
  infer({ ids, table, offsets }) {
    requireShape("embed", "ids", ids, [undefined], "i32");
    requireShape("embed", "table", table, [undefined, undefined]);
    requireOffsets("embed", offsets);
    return { y: spec([ids.shape[0], table.shape[1]]) };
  },
  vjp: (backend, { inputs: { ids, table, offsets }, grads: { y } }) => ({
    table: () => embedGrad(backend, { ids, dy: y!, offsets }, table.shape[0]),
  }),
});

/** Applies {@link embedOp}: ids [M], table [V, J] → [M, J]. */
export function embed<T extends Tensor>(backend: Backend<T>, ids: T, table: T, offsets?: T): T {
  return backend.run(embedOp, { ids, table, offsets }, {}).y;
}
