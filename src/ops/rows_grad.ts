/**
 * Adjoints of gather and of gated scatter.
 *
 * @module
 */
import { applying, defineOp } from "../op/define.ts";

/**
 * out[rows[s]] = y[s], zero elsewhere: the adjoint of gather.
 *
 * y [S, D], rows [S] i32 strictly ascending, offsets end with the number of live rows of the list → out [M, D].
 */
export const scatterOp = defineOp({
  name: "scatter",
  family: "rows_grad",
  inputs: { y: "S D", rows: "S i32", "offsets?": "B+1 i32" },
  outputs: { out: "M D" },
  params: { M: "size" },
});

/** Applies {@link scatterOp}: y [S, D], rows [S] → [M, D]. */
export const scatter = applying(scatterOp);

/** y[s] = gates[s]·x[s]. x [S, D], gates [S, 1] → y [S, D]. */
export const scaleRowsOp = defineOp({
  name: "scaleRows",
  family: "rows_grad",
  inputs: { x: "M D", gates: "M 1", "offsets?": "B+1 i32" },
  outputs: { y: "M D" },
});

/** Applies {@link scaleRowsOp}: x [S, D], gates [S, 1] → [S, D]. */
export const scaleRows = applying(scaleRowsOp);

/** y[s] = Σ_d a[s, d]·b[s, d]. a, b [S, D] → y [S, 1]. */
export const dotRowsOp = defineOp({
  name: "dotRows",
  family: "rows_grad",
  inputs: { a: "M D", b: "M D", "offsets?": "B+1 i32" },
  outputs: { y: "M 1" },
});

/** Applies {@link dotRowsOp}: a, b [S, D] → [S, 1]. */
export const dotRows = applying(dotRowsOp);
