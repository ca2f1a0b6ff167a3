/**
 * Linear projection, the matrix product of every figure.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { overlaps, placedParts } from "../op/parts.ts";
import { add } from "./add.ts";
import { joinColumns, takeColumns } from "./columns.ts";
import { linearGradW, linearGradX, sumRows } from "./linear_grad.ts";

/** Which rows of the weight are used: output column o is weight row `from + o`. */
export interface LinearParams {
  /** First weight row. */
  readonly from: number;
  /** One past the last weight row. */
  readonly to: number;
}

/**
 * y = x·wᵀ (+ bias) (+ residual) over rows [from, to) of w.
 *
 * x [M, D], w [≥to, D], bias [≥to], residual [M, O] → y [M, O], O = to − from.
 */
export const linearOp: Op<"x" | "w" | "bias?" | "residual?" | "offsets?", "y", LinearParams> = defineOp({
  name: "linear",
  family: "linear",
  inputs: ["x", "w", "bias?", "residual?", "offsets?"],
  outputs: ["y"],
  infer({ x, w, bias, residual, offsets }, { from, to }: LinearParams) {
    requireShape("linear", "x", x, [undefined, undefined]);
    requireShape("linear", "w", w, [undefined, undefined]);
    const [M, D] = x.shape;
    const [rows, columns] = w.shape;
    demand("linear", D === columns, () => `x has ${D} columns, w has ${columns}`);
    demand("linear", 0 <= from && from <= to && to <= rows, () => `rows ${from}..${to} are not inside w's ${rows}`);
    if (bias) requireShape("linear", "bias", bias, [rows]);
    if (residual) requireShape("linear", "residual", residual, [M, to - from]);
    requireOffsets("linear", offsets);
    return { y: spec([M, to - from]) };
  },
  parts: {
    of: ["w"],
    run(backend, { x, w, bias, residual, offsets }, range) {
      const columns = overlaps(placedParts(backend, w), range).map(({ part, from, to }) =>
        linear(backend, x, part.tensor, {
          bias: bias && takeColumns(backend, bias, part),
          offsets,
          rows: [from - part.from, to - part.from],
        })
      );
      const y = columns.reduce((before, next) => joinColumns(backend, before, next));
      return { y: residual ? add(backend, y, residual) : y };
    },
  },
  vjp: (backend, { inputs: { x, w, offsets }, grads, params: { from, to } }) => {
    const dy = grads.y!;
    const rows = { from, rows: w.shape[0] };
    return {
      x: () => linearGradX(backend, { dy, w, offsets }, { from, to }),
      w: () => linearGradW(backend, { dy, x, offsets }, rows),
      bias: () => sumRows(backend, { dy, offsets }, rows),
      residual: () => dy,
    };
  },
});

/** Optional operands of {@link linear}. */
export interface LinearOptions<T> {
  /** Added to every row, [rows of w]. */
  bias?: T;
  /** Added to the result, [M, O]. */
  residual?: T;
  /** Row offsets that say how many rows are live. */
  offsets?: T;
  /** Use only these rows of w, [from, to). */
  rows?: readonly [from: number, to: number];
}

/** Applies {@link linearOp}: x [M, D], w [O, D] → [M, O]. */
export function linear<T extends Tensor>(backend: Backend<T>, x: T, w: T, options: LinearOptions<T> = {}): T {
  const { bias, residual, offsets, rows = [0, w.shape[0]] } = options;
  return backend.run(linearOp, { x, w, bias, residual, offsets }, { from: rows[0], to: rows[1] }).y;
}
