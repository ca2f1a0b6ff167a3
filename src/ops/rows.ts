/**
 * Rows in and out of a routed subset: gather, overwrite, add. Gathering a row list composes two lists.
 *
 * @module
 */
import { type Backend, defineOp, once, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { dotRows, place, scaleRows } from "./rows_grad.ts";
import { add } from "./add.ts";

/**
 * y[s] = x[rows[s]]; on an i32 vector this is composition of row lists.
 *
 * x [M] or [M, D] of either type, rows [S] i32, offsets end with the number of live rows of the list → y [S] or [S, D].
 */
export const gatherOp: Op<"x" | "rows" | "offsets?", "y", Record<never, never>> = defineOp({
  name: "gather",
  family: "rows",
  inputs: ["x", "rows", "offsets?"],
  outputs: ["y"],
  infer({ x, rows, offsets }) {
    requireShape("gather", "x", x, x.shape.length === 1 ? [undefined] : [undefined, undefined], x.dtype);
    requireShape("gather", "rows", rows, [undefined], "i32");
    requireOffsets("gather", offsets);
    return { y: spec([rows.shape[0], ...x.shape.slice(1)], x.dtype) };
  },
  vjp: (backend, { inputs: { x, rows, offsets }, grads: { y } }) => ({
    x: () => place(backend, { y: y!, rows, offsets }, x.shape[0]),
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
export const scatterRowsOp: Op<"x" | "y" | "rows" | "offsets?", "out", Record<never, never>> = defineOp({
  name: "scatterRows",
  family: "rows",
  inputs: ["x", "y", "rows", "offsets?"],
  outputs: ["out"],
  infer({ x, y, rows, offsets }) {
    requireShape("scatterRows", "x", x, [undefined, undefined]);
    requireShape("scatterRows", "y", y, [undefined, x.shape[1]]);
    requireShape("scatterRows", "rows", rows, [y.shape[0]], "i32");
    requireOffsets("scatterRows", offsets);
    return { out: spec(x.shape) };
  },
  vjp: (backend, { inputs: { x, rows, offsets }, grads }) => {
    const dy = once(() => gather(backend, grads.out!, rows, offsets));
    return {
      x: () => add(backend, grads.out!, place(backend, { y: dy(), rows, offsets }, x.shape[0]), -1),
      y: dy,
    };
  },
});

/** Applies {@link scatterRowsOp}: x [M, D], y [S, D], rows [S] → [M, D]. */
export function scatterRows<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; y: T; rows: T; offsets?: T },
): T {
  return backend.run(scatterRowsOp, inputs, {}).out;
}

/**
 * out = x, but out[rows[s]] += gates[s]·y[s]: how a recursion returns to the residual stream.
 *
 * x [M, D], y [S, D], rows [S] i32 strictly ascending (every row in turn unless given; then S = M), gates [S, 1] (1 unless
 * given), offsets end with the number of live rows of the list → out [M, D].
 */
export const scatterAddOp: Op<"x" | "y" | "rows?" | "gates?" | "offsets?", "out", Record<never, never>> = defineOp({
  name: "scatterAdd",
  family: "rows",
  inputs: ["x", "y", "rows?", "gates?", "offsets?"],
  outputs: ["out"],
  infer({ x, y, rows, gates, offsets }) {
    requireShape("scatterAdd", "x", x, [undefined, undefined]);
    requireShape("scatterAdd", "y", y, [rows ? undefined : x.shape[0], x.shape[1]]);
    if (rows) requireShape("scatterAdd", "rows", rows, [y.shape[0]], "i32");
    if (gates) requireShape("scatterAdd", "gates", gates, [y.shape[0], 1]);
    requireOffsets("scatterAdd", offsets);
    return { out: spec(x.shape) };
  },
  vjp: (backend, { inputs: { y, rows, gates, offsets }, grads }) => {
    const arrived = once(() => rows ? gather(backend, grads.out!, rows, offsets) : grads.out!);
    return {
      x: () => grads.out!,
      y: () => gates ? scaleRows(backend, arrived(), gates, offsets) : arrived(),
      gates: () => dotRows(backend, y, arrived(), offsets),
    };
  },
});

/** Applies {@link scatterAddOp}: x [M, D], y [S, D] → [M, D]. */
export function scatterAdd<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; y: T; rows?: T; gates?: T; offsets?: T },
): T {
  return backend.run(scatterAddOp, inputs, {}).out;
}
