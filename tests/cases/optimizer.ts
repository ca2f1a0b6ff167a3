import fc from "fast-check";
import { hostIndices, hostTensor } from "../../src/op/device.ts";
import { type Shape, sizeOf } from "../../src/op/op.ts";
import { adamWOp, balanceBiasOp, countChoicesOp, emaOp, storeOp, sumSquaresOp } from "../../src/ops/optimizer.ts";
import { indices, size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";
import { shapes } from "./add.ts";

/** Moments after some steps or none. */
const moment = (shape: Shape) => fc.oneof(tensor(shape, 0), tensor(shape, 0.1));

/** Numbers that are finite, and not. */
const oneOf = (...values: number[]) => () => fc.constantFrom(...values).map((x) => hostTensor([1], [x]));

/** Weights and moments; gradients far below, near and far above the norm they are clipped to. */
export const adamW = casesOf(adamWOp, {
  sizes: {},
  rest: shapes,
  inputs: {
    m: moment,
    v: (shape) => moment(shape).map(({ data }) => hostTensor(shape, (data as Float32Array).map(Math.abs))),
    g: (shape) => fc.constantFrom(0, 1e-6, 1, 1e4).chain((scale) => tensor(shape, scale)),
    squares: oneOf(0, 1e-12, 0.25, 0.4, 1, 1.0000001, 1e3, 3e38, Infinity, NaN),
    rates: () =>
      fc.tuple(fc.constantFrom(0, 1e-4, 0.1), fc.integer({ min: 1, max: 2000 }))
        .map(([lr, step]) => hostTensor([3], [lr, 1 - 0.9 ** step, 1 - 0.95 ** step])),
  },
  params: {
    beta1: fc.constantFrom(0.9, 0.5, 0),
    beta2: fc.constantFrom(0.95, 0.999, 0),
    eps: fc.constantFrom(1e-8, 1e-3),
    decay: fc.constantFrom(0, 0.1),
    clip: fc.constantFrom(0, 0.5, 1),
  },
});

/** Tensors whose last word is whole or partly used, among them long ones; with and without earlier sums. */
export const sumSquares = casesOf(sumSquaresOp, {
  sizes: {},
  rest: fc.oneof(
    { weight: 3, arbitrary: shapes },
    { weight: 1, arbitrary: fc.constantFrom([4099], [17_000], [3, 30_001]) },
  ),
  inputs: {
    x: (shape) => fc.constantFrom(1, 1, 0, 1e-10, 1e10).chain((scale) => tensor(shape, scale)),
    carry: () => tensor([1]).map(({ data }) => hostTensor([1], [Math.abs(data[0])])),
  },
});

const squares = oneOf(0, 1, 3e38, Infinity, -NaN);

/** Averages of any shape. */
export const ema = casesOf(emaOp, {
  sizes: {},
  rest: shapes,
  inputs: { squares },
  params: { decay: fc.constantFrom(0.999, 0.9, 0.5, 0, 1) },
});

/** Lists of some lines or none, and numbers of lines they have or do not have. */
export const store = shapes.chain((shape) =>
  casesOf(storeOp, {
    sizes: { I: size(17), D: fc.constant(sizeOf(shape)) },
    rest: fc.constant(shape),
    inputs: { at: (_, { sizes: { I } }) => indices(1, -2, I + 1) },
  })
);

/** How slots are shared out. */
const spreads = fc.constantFrom("even", "chance", "one");

/** Slots of some rows or none: even, by chance, or all on one expert. */
export const countChoices = casesOf(countChoicesOp, {
  sizes: { M: size(300), E: size(70, 1), k: size(8) },
  inputs: {
    experts: ([M, k], { sizes: { E } }) =>
      fc.tuple(indices(M * k, 0, E - 1), spreads).map(([{ data }, spread]) =>
        hostIndices((data as Int32Array).map((e, slot) => spread === "even" ? slot % E : spread === "one" ? 0 : e), [
          M,
          k,
        ])
      ),
  },
});

/** Counts of no slots, of some, and of as many as are exact: even, by chance, or all on one expert. */
export const balanceBias = casesOf(balanceBiasOp, {
  sizes: { E: size(70, 1) },
  inputs: {
    bias: (shape) => tensor(shape, 0.01),
    counts: ([E]) =>
      fc.tuple(fc.constantFrom(0, 3, 2 ** 24), spreads).chain(([most, spread]) =>
        indices(E, 0, most).map(({ data }) =>
          hostTensor(
            [E],
            Float32Array.from(data, (n, e) => spread === "even" ? most : spread === "one" && e > 0 ? 0 : n),
          )
        )
      ),
    squares,
  },
  params: { rate: fc.constant(1e-3) },
});
