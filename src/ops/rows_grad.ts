/**
 * Adjoints of gather and of gated scatter.
 *
 * @module
 */
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";

/**
 * out[rows[s]] = y[s], zero elsewhere: the adjoint of gather.
 *
 * y [S, D], rows [S] i32 strictly ascending, offsets end with the number of live rows of the list → out [M, D].
 */
export const placeOp: Op<"y" | "rows" | "offsets?", "out", { readonly M: number }> = defineOp({
  name: "place",
  family: "rows_grad",
  inputs: ["y", "rows", "offsets?"],
  outputs: ["out"],
  infer({ y, rows, offsets }, { M }: { readonly M: number }) {
    requireShape("place", "y", y, [undefined, undefined]);
    requireShape("place", "rows", rows, [y.shape[0]], "i32");
    requireOffsets("place", offsets);
    return { out: spec([M, y.shape[1]]) };
  },
});

/** Applies {@link placeOp}: y [S, D], rows [S] → [M, D]. */
export function place<T extends Tensor>(
  backend: Backend<T>,
  inputs: { y: T; rows: T; offsets?: T },
  M: number,
): T {
  return backend.run(placeOp, inputs, { M }).out;
}

/** y[s] = gates[s]·x[s]. x [S, D], gates [S, 1] → y [S, D]. */
export const scaleRowsOp: Op<"x" | "gates" | "offsets?", "y", Record<never, never>> = defineOp({
  name: "scaleRows",
  family: "rows_grad",
  inputs: ["x", "gates", "offsets?"],
  outputs: ["y"],
  infer({ x, gates, offsets }) {
    requireShape("scaleRows", "x", x, [undefined, undefined]);
    requireShape("scaleRows", "gates", gates, [x.shape[0], 1]);
    requireOffsets("scaleRows", offsets);
    return { y: spec(x.shape) };
  },
});

/** Applies {@link scaleRowsOp}: x [S, D], gates [S, 1] → [S, D]. */
export function scaleRows<T extends Tensor>(backend: Backend<T>, x: T, gates: T, offsets?: T): T {
  return backend.run(scaleRowsOp, { x, gates, offsets }, {}).y;
}

/** y[s] = Σ_d a[s, d]·b[s, d]. a, b [S, D] → y [S, 1]. */
export const dotRowsOp: Op<"a" | "b" | "offsets?", "y", Record<never, never>> = defineOp({
  name: "dotRows",
  family: "rows_grad",
  inputs: ["a", "b", "offsets?"],
  outputs: ["y"],
  infer({ a, b, offsets }) {
    requireShape("dotRows", "a", a, [undefined, undefined]);
    requireShape("dotRows", "b", b, a.shape);
    requireOffsets("dotRows", offsets);
    return { y: spec([a.shape[0], 1]) };
  },
});

/** Applies {@link dotRowsOp}: a, b [S, D] → [S, 1]. */
export function dotRows<T extends Tensor>(backend: Backend<T>, a: T, b: T, offsets?: T): T {
  return backend.run(dotRowsOp, { a, b, offsets }, {}).y;
}
