/**
 * Derivatives of the linear projection: two matrix products and a sum over rows.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { overlaps, placedParts, rowRanges } from "../op/parts.ts";
import { add } from "./add.ts";
import { takeColumns } from "./columns.ts";
import type { LinearParams } from "./linear.ts";

/** dx = dy·w over rows [from, to) of w. dy [M, O], w [≥to, D], O = to − from → dx [M, D]. */
export const linearGradXOp: Op<"dy" | "w" | "offsets?", "dx", LinearParams> = defineOp({
  name: "linearGradX",
  family: "linear_grad",
  inputs: ["dy", "w", "offsets?"],
  outputs: ["dx"],
  infer({ dy, w, offsets }, { from, to }: LinearParams) {
    requireShape("linearGradX", "w", w, [undefined, undefined]);
    const [rows, D] = w.shape;
    demand(
      "linearGradX",
      0 <= from && from <= to && to <= rows,
      () => `rows ${from}..${to} are not inside w's ${rows}`,
    );
    requireShape("linearGradX", "dy", dy, [undefined, to - from]);
    requireOffsets("linearGradX", offsets);
    return { dx: spec([dy.shape[0], D]) };
  },
  parts: {
    of: ["w"],
    run(backend, { dy, w, offsets }, range) {
      const terms = overlaps(placedParts(backend, w), range).map(({ part, from, to }) =>
        linearGradX(
          backend,
          { dy: takeColumns(backend, dy, { from: from - range.from, to: to - range.from }), w: part.tensor, offsets },
          { from: from - part.from, to: to - part.from },
        )
      );
      return { dx: terms.reduce((sum, term) => add(backend, sum, term)) };
    },
  },
});

/** Applies {@link linearGradXOp}: dy [M, O], w [≥to, D] → [M, D]. */
export function linearGradX<T extends Tensor>(
  backend: Backend<T>,
  inputs: { dy: T; w: T; offsets?: T },
  { from, to }: LinearParams,
): T {
  return backend.run(linearGradXOp, inputs, { from, to }).dx;
}

/** Where the columns of dy stand among the rows of the weight. */
export interface WeightRows {
  /** Weight row of column 0. */
  readonly from: number;
  /** Rows of the whole weight. */
  readonly rows: number;
}

/** dw[from + o] = Σ over live rows m of dy[m, o]·x[m], zero in other rows. dy [M, O], x [M, D] → dw [rows, D]. */
export const linearGradWOp: Op<"dy" | "x" | "offsets?", "dw", WeightRows> = defineOp({
  name: "linearGradW",
  family: "linear_grad",
  inputs: ["dy", "x", "offsets?"],
  outputs: ["dw"],
  infer({ dy, x, offsets }, { from, rows }: WeightRows) {
    requireShape("linearGradW", "x", x, [undefined, undefined]);
    requireShape("linearGradW", "dy", dy, [x.shape[0], undefined]);
    const to = from + dy.shape[1];
    demand("linearGradW", 0 <= from && to <= rows, () => `rows ${from}..${to} are not inside the weight's ${rows}`);
    requireOffsets("linearGradW", offsets);
    return { dw: spec([rows, x.shape[1]]) };
  },
  parts: {
    of: ["dw"],
    run(backend, { dy, x, offsets }, { from, rows }) {
      const to = from + dy.shape[1];
      const parts = rowRanges(backend.cut([rows, x.shape[1]])).map((part) => {
        const [first, last] = [part.from, part.to].map((row) => Math.min(Math.max(row, from), to));
        const columns = takeColumns(backend, dy, { from: first - from, to: last - from });
        return linearGradW(backend, { dy: columns, x, offsets }, {
          from: first < last ? first - part.from : 0,
          rows: part.to - part.from,
        });
      });
      return { dw: backend.join(parts) };
    },
  },
});

/** Applies {@link linearGradWOp}: dy [M, O], x [M, D] → [rows, D]. */
export function linearGradW<T extends Tensor>(
  backend: Backend<T>,
  inputs: { dy: T; x: T; offsets?: T },
  { from, rows }: WeightRows,
): T {
  return backend.run(linearGradWOp, inputs, { from, rows }).dw;
}

/** y[from + o] = Σ over live rows m of dy[m, o], zero elsewhere: the gradient of a bias. dy [M, O] → y [rows]. */
export const sumRowsOp: Op<"dy" | "offsets?", "y", WeightRows> = defineOp({
  name: "sumRows",
  family: "linear_grad",
  inputs: ["dy", "offsets?"],
  outputs: ["y"],
  infer({ dy, offsets }, { from, rows }: WeightRows) {
    requireShape("sumRows", "dy", dy, [undefined, undefined]);
    const to = from + dy.shape[1];
    demand("sumRows", 0 <= from && to <= rows, () => `columns ${from}..${to} are not inside ${rows}`);
    requireOffsets("sumRows", offsets);
    return { y: spec([rows]) };
  },
});

/** Applies {@link sumRowsOp}: dy [M, O] → [rows]. */
export function sumRows<T extends Tensor>(
  backend: Backend<T>,
  inputs: { dy: T; offsets?: T },
  { from, rows }: WeightRows,
): T {
  return backend.run(sumRowsOp, inputs, { from, rows }).y;
}
