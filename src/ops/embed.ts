/**
 * Token embedding.
 *
 * @module
 */
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { placedParts } from "../op/parts.ts";
import { add } from "./add.ts";
import { embedGrad, requireFrom } from "./embed_grad.ts";

/** Where the rows of a table stand in the vocabulary. */
export interface EmbedParams {
  /** Id of the table's first row; 0 unless given. */
  readonly from?: number;
}

/**
 * y[m] = table[ids[m] − from], zero for ids that are not in the table.
 *
 * ids [M] i32, table [V, J] → y [M, J].
 */
export const embedOp: Op<"ids" | "table" | "offsets?", "y", EmbedParams> = defineOp({
  name: "embed",
  family: "embed",
  inputs: ["ids", "table", "offsets?"],
  outputs: ["y"],
  infer({ ids, table, offsets }, { from = 0 }: EmbedParams) {
    requireShape("embed", "ids", ids, [undefined], "i32");
    requireShape("embed", "table", table, [undefined, undefined]);
    requireFrom("embed", from);
    requireOffsets("embed", offsets);
    return { y: spec([ids.shape[0], table.shape[1]]) };
  },
  parts: {
    of: ["table"],
    run(backend, { ids, table, offsets }, { from = 0 }) {
      const rows = placedParts(backend, table).map((part) =>
        backend.run(embedOp, { ids, table: part.tensor, offsets }, { from: from + part.from }).y
      );
      return { y: rows.reduce((sum, part) => add(backend, sum, part)) };
    },
  },
  vjp: (backend, { inputs: { ids, table, offsets }, grads: { y }, params: { from } }) => ({
    table: () => embedGrad(backend, { ids, dy: y!, offsets }, table.shape[0], from),
  }),
});

/** Applies {@link embedOp}: ids [M], table [V, J] → [M, J]. */
export function embed<T extends Tensor>(backend: Backend<T>, ids: T, table: T, offsets?: T): T {
  return backend.run(embedOp, { ids, table, offsets }, {}).y;
}
