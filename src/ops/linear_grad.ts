/**
 * Derivatives of the linear projection: two matrix products and a sum over rows.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import { overlaps, placedParts, type RowRange, rowRanges } from "../op/parts.ts";
import { add } from "./add.ts";
import { takeColumns } from "./columns.ts";

/** dx = dy·w over rows [from, to) of w. dy [M, O], w [W, D], O = to − from → dx [M, D]. */
export const linearGradXOp = defineOp({
  name: "linearGradX",
  family: "linear_grad",
  inputs: { dy: "M O", w: "W D", "offsets?": "B+1 i32" },
  outputs: { dx: "M D" },
  params: { from: "size", to: "size" },
  axes: ({ from, to }) => ({ O: to - from }),
  refuse: ({ W }, { from, to }) => !(from <= to && to <= W) && `rows ${from}..${to} are not inside w's ${W}`,
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

/** Applies {@link linearGradXOp}: dy [M, O], w [W, D] → [M, D]. */
export const linearGradX: Apply<"dy" | "w" | "offsets?", "dx", RowRange> = applying(linearGradXOp);

/** Where the columns of dy stand among the rows of the weight. */
export interface WeightRows {
  /** Weight row of column 0. */
  readonly from: number;
  /** Rows of the whole weight. */
  readonly rows: number;
}

/** dw[from + o] = Σ over live rows m of dy[m, o]·x[m], zero in other rows. dy [M, O], x [M, D] → dw [rows, D]. */
export const linearGradWOp = defineOp({
  name: "linearGradW",
  family: "linear_grad",
  inputs: { dy: "M O", x: "M D", "offsets?": "B+1 i32" },
  outputs: { dw: "W D" },
  params: { from: "size", rows: "size" },
  axes: ({ rows }) => ({ W: rows }),
  refuse: ({ O, W }, { from }) => from + O > W && `rows ${from}..${from + O} are not inside the weight's ${W}`,
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
export const linearGradW: Apply<"dy" | "x" | "offsets?", "dw", WeightRows> = applying(linearGradWOp);

/** y[from + o] = Σ over live rows m of dy[m, o], zero elsewhere: the gradient of a bias. dy [M, O] → y [rows]. */
export const sumRowsOp = defineOp({
  name: "sumRows",
  family: "linear_grad",
  inputs: { dy: "M O", "offsets?": "B+1 i32" },
  outputs: { y: "W" },
  params: { from: "size", rows: "size" },
  axes: ({ rows }) => ({ W: rows }),
  refuse: ({ O, W }, { from }) => from + O > W && `rows ${from}..${from + O} are not inside the weight's ${W}`,
});

/** Applies {@link sumRowsOp}: dy [M, O] → [rows]. */
export const sumRows = applying(sumRowsOp);
