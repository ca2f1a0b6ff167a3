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

/** y[m] = gates[m]·x[m]. x [M, D], gates [M, 1] → y [M, D]. */
export const scaleRowsOp = defineOp({
  name: "scaleRows",
  family: "rows_grad",
  inputs: { x: "M D", gates: "M 1", "offsets?": "B+1 i32" },
  outputs: { y: "M D" },
});

/** Applies {@link scaleRowsOp}: x [M, D], gates [M, 1] → [M, D]. */
export const scaleRows = applying(scaleRowsOp);

/** y[m] = Σ_d a[m, d]·b[m, d]. a, b [M, D] → y [M, 1]. */
export const dotRowsOp = defineOp({
  name: "dotRows",
  family: "rows_grad",
  inputs: { a: "M D", b: "M D", "offsets?": "B+1 i32" },
  outputs: { y: "M 1" },
});

/** Applies {@link dotRowsOp}: a, b [M, D] → [M, 1]. */
export const dotRows = applying(dotRowsOp);
