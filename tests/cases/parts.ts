import fc from "fast-check";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Few rows, a short width, and many rows of a weight, of which all or some are used. */
const sizes = fc.tuple(size(5), size(20, 1), size(280, 1), fc.boolean()).chain(([M, D, V, all]) =>
  fc.tuple(fc.nat(V), fc.nat(V)).map(([a, b]) => {
    const [from, to] = all ? [0, V] : [Math.min(a, b), Math.max(a, b)];
    return { M, D, V, from, to };
  })
);

/** Products with a vocabulary. */
export const linear = sizes.chain(({ M, D, V, from, to }) =>
  fc.record({
    x: tensor([M, D]),
    w: tensor([V, D]),
    bias: maybe(tensor([V])),
    residual: maybe(tensor([M, to - from])),
    offsets: maybe(offsets(M)),
  }).map((inputs) => ({ inputs, params: { from, to }, live: liveElements(M, to - from, inputs.offsets) }))
);

/** Their gradients of x. */
export const linearGradX = sizes.chain(({ M, D, V, from, to }) =>
  fc.record({ dy: tensor([M, to - from]), w: tensor([V, D]), offsets: maybe(offsets(M)) })
    .map((inputs) => ({ inputs, params: { from, to }, live: liveElements(M, D, inputs.offsets) }))
);

/** Their gradients of the weight. */
export const linearGradW = sizes.chain(({ M, D, V, from, to }) =>
  fc.record({ dy: tensor([M, to - from]), x: tensor([M, D]), offsets: maybe(offsets(M)) })
    .map((inputs) => ({ inputs, params: { from, rows: V } }))
);

/** Gradients of a table much longer than the rows are many. */
export const embedGrad = fc.tuple(size(9), size(9, 1), size(280, 20), size(9)).chain(([M, J, V, from]) =>
  fc.record({ ids: indices(M, 0, V - 1 + 2 * from), dy: tensor([M, J]), offsets: maybe(offsets(M)) })
    .map((inputs) => ({ inputs, params: { V, from } }))
);
