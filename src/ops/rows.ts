/**
 * Rows in and out of a routed subset: gather, overwrite, add. Gathering a row list composes two lists.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import { type Backend, once, type Tensor } from "../op/op.ts";
import { add } from "./add.ts";
import { dotRows, scaleRows, scatter } from "./rows_grad.ts";

/**
 * y[s] = x[rows[s]]; on an i32 vector this is composition of row lists.
 *
 * x [M] or [M, D] of either type, rows [S] i32, offsets end with the number of live rows of the list → y [S] or [S, D].
 */
export const gatherOp = defineOp({
  name: "gather",
  family: "rows",
  inputs: { x: "M D? any", rows: "S i32", "offsets?": "B+1 i32" },
  outputs: { y: "S D? any" },
  vjp: (backend, { inputs: { x, rows, offsets }, grads: { y } }) => ({
    x: () => scatter(backend, { y: y!, rows, offsets }, { M: x.shape[0] }),
  }),
});

/** Applies {@link gatherOp}: x [M, …], rows [S] → [S, …]. */
export function gather<T extends Tensor>(backend: Backend<T>, x: T, rows: T, offsets?: T): T {
  return backend.run(gatherOp, { x, rows, offsets }, {}).y;
}

/**
 * out = x, but out[rows[s]] = y[s].
 *
 * x [M, D], y [S, D], rows [S] i32 strictly ascending, offsets end with the number of live rows of the list → out [M, D].
 */
export const scatterRowsOp = defineOp({
  name: "scatterRows",
  family: "rows",
  inputs: { x: "M D", y: "S D", rows: "S i32", "offsets?": "B+1 i32" },
  outputs: { out: "M D" },
  vjp: (backend, { inputs: { x, rows, offsets }, grads }) => {
    const dy = once(() => gather(backend, grads.out!, rows, offsets));
    return {
      x: () => add(backend, grads.out!, scatter(backend, { y: dy(), rows, offsets }, { M: x.shape[0] }), -1),
      y: dy,
    };
  },
});

/** Applies {@link scatterRowsOp}: x [M, D], y [S, D], rows [S] → [M, D]. */
export const scatterRows: Apply<"x" | "y" | "rows" | "offsets?", "out"> = applying(scatterRowsOp);

/**
 * out = x, but out[rows[s]] += gates[s]·y[s]: how a recursion returns to the residual stream.
 *
 * x [M, D], y [S, D], rows [S] i32 strictly ascending (every row in turn unless given; then S = M), gates [S, 1] (1 unless
 * given), offsets end with the number of live rows of the list → out [M, D].
 */
export const scatterAddOp = defineOp({
  name: "scatterAdd",
  family: "rows",
  inputs: { x: "M D", y: "S D", "rows?": "S i32", "gates?": "S 1", "offsets?": "B+1 i32" },
  outputs: { out: "M D" },
  refuse: ({ M, S }, _, { rows }) => !rows && M !== S && `x has ${M} rows, y has ${S}, and no list says where they go`,
  vjp: (backend, { inputs: { y, rows, gates, offsets }, grads }) => {
    const arrived = once(() => rows ? gather(backend, grads.out!, rows, offsets) : grads.out!);
    return {
      x: () => grads.out!,
      y: () => gates ? scaleRows(backend, { x: arrived(), gates, offsets }) : arrived(),
      gates: () => dotRows(backend, { a: y, b: arrived(), offsets }),
    };
  },
});

/** Applies {@link scatterAddOp}: x [M, D], y [S, D] → [M, D]. */
export const scatterAdd: Apply<"x" | "y" | "rows?" | "gates?" | "offsets?", "out"> = applying(scatterAddOp);
