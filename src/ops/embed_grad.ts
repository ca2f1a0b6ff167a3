/**
 * Derivative of the token embedding.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { rowRanges } from "../op/parts.ts";

/** Which rows of the vocabulary have a gradient here. */
export interface EmbedGradParams {
  /** Rows of the table. */
  readonly V: number;
  /** Id of its first row; 0 unless given. */
  readonly from?: number;
}

/** Throws unless the id of a table's first row is a whole number. */
export function requireFrom(op: string, from: number): void {
  demand(op, Number.isInteger(from) && from >= 0, () => `from is ${from}, expected a whole number`);
}

/**
 * dtable[v] = Σ over live rows m with ids[m] = from + v of dy[m]; ids that are not in the table do not count.
 *
 * ids [M] i32, dy [M, J] → dtable [V, J].
 */
export const embedGradOp: Op<"ids" | "dy" | "offsets?", "dtable", EmbedGradParams> = defineOp({
  name: "embedGrad",
  family: "embed_grad",
  inputs: ["ids", "dy", "offsets?"],
  outputs: ["dtable"],
  infer({ ids, dy, offsets }, { V, from = 0 }: EmbedGradParams) {
    requireShape("embedGrad", "ids", ids, [undefined], "i32");
    requireShape("embedGrad", "dy", dy, [ids.shape[0], undefined]);
    requireFrom("embedGrad", from);
    requireOffsets("embedGrad", offsets);
    return { dtable: spec([V, dy.shape[1]]) };
  },
  parts: {
    of: ["dtable"],
    run(backend, inputs, { V, from = 0 }) {
      const parts = rowRanges(backend.cut([V, inputs.dy.shape[1]]));
      return {
        dtable: backend.join(parts.map((part) => embedGrad(backend, inputs, part.to - part.from, from + part.from))),
      };
    },
  },
});

/** Applies {@link embedGradOp}: dy [M, J] → [V, J], the gradients of ids from `from` on. */
export function embedGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { ids: T; dy: T; offsets?: T },
  V: number,
  from = 0,
): T {
  return backend.run(embedGradOp, inputs, { V, from }).dtable;
}
