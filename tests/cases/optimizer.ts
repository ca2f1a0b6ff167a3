import fc from "fast-check";
import { hostTensor } from "../../src/op/device.ts";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { shapes } from "./add.ts";

/** Weights and moments after some steps or none; gradients far below, near and far above the norm they are clipped to. */
export const adamW = shapes.chain((shape) =>
  fc.record({
    inputs: fc.record({
      p: tensor(shape),
      m: fc.oneof(tensor(shape, 0), tensor(shape, 0.1)),
      v: fc.oneof(tensor(shape, 0), tensor(shape, 0.1)).map(({ data }) => hostTensor(shape, data.map(Math.abs))),
      g: fc.constantFrom(0, 1e-6, 1, 1e4).chain((scale) => tensor(shape, scale)),
      squares: fc.constantFrom(0, 1e-12, 0.25, 0.4, 1, 1.0000001, 1e3, 3e38, Infinity, NaN).map((x) =>
        hostTensor([1], [x])
      ),
      rates: fc.tuple(fc.constantFrom(0, 1e-4, 0.1), fc.integer({ min: 1, max: 2000 }))
        .map(([lr, step]) => hostTensor([3], [lr, 1 - 0.9 ** step, 1 - 0.95 ** step])),
    }),
    params: fc.record({
      beta1: fc.constantFrom(0.9, 0.5, 0),
      beta2: fc.constantFrom(0.95, 0.999, 0),
      eps: fc.constantFrom(1e-8, 1e-3),
      decay: fc.constantFrom(0, 0.1),
      clip: fc.constantFrom(0, 0.5, 1),
    }),
  })
);

/** Tensors whose last word is whole or partly used, among them long ones; with and without earlier sums. */
export const sumSquares = fc.oneof(
  { weight: 3, arbitrary: shapes },
  { weight: 1, arbitrary: fc.constantFrom([4099], [17_000], [3, 30_001]) },
).chain((shape) =>
  fc.record({
    x: fc.constantFrom(1, 1, 0, 1e-10, 1e10).chain((scale) => tensor(shape, scale)),
    carry: maybe(tensor([1]).map(({ data }) => hostTensor([1], [Math.abs(data[0])]))),
  }).map((inputs) => ({ inputs, params: {} }))
);

/** Finite and not. */
const squares = fc.constantFrom(0, 1, 3e38, Infinity, -NaN).map((x) => hostTensor([1], [x]));

/** Averages of any shape. */
export const ema = shapes.chain((shape) =>
  fc.record({
    inputs: fc.record({ average: tensor(shape), p: tensor(shape), squares }),
    params: fc.record({ decay: fc.constantFrom(0.999, 0.9, 0.5, 0, 1) }),
  })
);

/** Lists of some lines or none, and numbers of lines they have or do not have. */
export const store = fc.tuple(size(17), shapes).chain(([n, shape]) => {
  const W = shape.reduce((a, b) => a * b, 1);
  return fc.record({ list: tensor([n, W]), x: tensor(shape), at: indices(1, -2, n + 1) })
    .map((inputs) => ({ inputs, params: {} }));
});

/** How slots are shared out. */
const spreads = fc.constantFrom("even", "chance", "one");

/** Slots of some rows or none: even, by chance, or all on one expert. */
export const countChoices = fc.tuple(size(300), size(70, 1), size(8)).chain(([M, E, k]) =>
  fc.record({
    experts: fc.tuple(indices(M * k, 0, E - 1), spreads).map(([{ data }, spread]) =>
      hostTensor([M, k], (data as Int32Array).map((e, slot) => spread === "even" ? slot % E : spread === "one" ? 0 : e))
    ),
    offsets: maybe(offsets(M)),
  }).map((inputs) => ({ inputs, params: { E } }))
);

/** Counts of no slots, of some, and of as many as are exact: even, by chance, or all on one expert. */
export const balanceBias = size(70, 1).chain((E) =>
  fc.record({
    bias: tensor([E], 0.01),
    counts: fc.tuple(fc.constantFrom(0, 3, 2 ** 24), spreads).chain(([most, spread]) =>
      indices(E, 0, most).map(({ data }) =>
        hostTensor([E], Float32Array.from(data, (n, e) => spread === "even" ? most : spread === "one" && e > 0 ? 0 : n))
      )
    ),
    squares,
  }).map((inputs) => ({ inputs, params: { rate: 1e-3 } }))
);
