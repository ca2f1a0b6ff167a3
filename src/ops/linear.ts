/**
 * Linear projection, the matrix product of every figure.
 *
 * @module
 */
import { defineOp } from "../op/define.ts";
import type { Backend, Tensor } from "../op/op.ts";
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
 * x [M, D], w [W, D], bias [W], residual [M, O] → y [M, O], O = to − from.
 */
export const linearOp = defineOp({
  name: "linear",
  family: "linear",
  inputs: { x: "M D", w: "W D", "bias?": "W", "residual?": "M O", "offsets?": "B+1 i32" },
  outputs: { y: "M O" },
  params: { from: "size", to: "size" },
  axes: ({ from, to }) => ({ O: to - from }),
  refuse: ({ W }, { from, to }) => !(from <= to && to <= W) && `rows ${from}..${to} are not inside w's ${W}`,
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
