/**
 * Token embedding.
 *
 * @module
 */
import { defineOp } from "../op/define.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { placedParts } from "../op/parts.ts";
import { add } from "./add.ts";
import { embedGrad } from "./embed_grad.ts";

/**
 * y[m] = table[ids[m] − from], zero for ids that are not in the table.
 *
 * ids [M] i32, table [V, J] → y [M, J].
 */
export const embedOp = defineOp({
  name: "embed",
  family: "embed",
  inputs: { ids: "M i32", table: "V J", "offsets?": "B+1 i32" },
  outputs: { y: "M J" },
  params: { from: "size" },
  parts: {
    of: ["table"],
    run(backend, { ids, table, offsets }, { from }) {
      const rows = placedParts(backend, table).map((part) =>
        embed(backend, ids, part.tensor, offsets, from + part.from)
      );
      return { y: rows.reduce((sum, part) => add(backend, sum, part)) };
    },
  },
  vjp: (backend, { inputs: { ids, table, offsets }, grads: { y }, params: { from } }) => ({
    table: () => embedGrad(backend, { ids, dy: y!, offsets }, { V: table.shape[0], from }),
  }),
});

/** Applies {@link embedOp}: ids [M], table [V, J] of the ids from `from` on → [M, J]. */
export function embed<T extends Tensor>(backend: Backend<T>, ids: T, table: T, offsets?: T, from = 0): T {
  return backend.run(embedOp, { ids, table, offsets }, { from }).y;
}
