/**
 * Derivative of the token embedding.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import { rowRanges } from "../op/parts.ts";

/** Which rows of the vocabulary have a gradient here. */
export interface EmbedGradParams {
  /** Rows of the table. */
  readonly V: number;
  /** Id of its first row. */
  readonly from: number;
}

/**
 * dtable[v] = Σ over live rows m with ids[m] = from + v of dy[m]; ids that are not in the table do not count.
 *
 * ids [M] i32, dy [M, J] → dtable [V, J].
 */
export const embedGradOp = defineOp({
  name: "embedGrad",
  family: "embed_grad",
  inputs: { ids: "M i32", dy: "M J", "offsets?": "B+1 i32" },
  outputs: { dtable: "V J" },
  params: { V: "size", from: "size" },
  parts: {
    of: ["dtable"],
    run(backend, inputs, { V, from }) {
      const parts = rowRanges(backend.cut([V, inputs.dy.shape[1]]));
      const gradients = parts.map((part) =>
        embedGrad(backend, inputs, { V: part.to - part.from, from: from + part.from })
      );
      return { dtable: backend.join(gradients) };
    },
  },
});

/** Applies {@link embedGradOp}: dy [M, J] → [V, J], the gradients of ids from `from` on. */
export const embedGrad: Apply<"ids" | "dy" | "offsets?", "dtable", EmbedGradParams> = applying(embedGradOp);
