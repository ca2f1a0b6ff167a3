import fc from "fast-check";
import { sizeOf } from "../../src/op/op.ts";
import { size, tensor } from "../support/arbitraries.ts";

/** Shapes of up to three axes, among them none at all. */
export const shapes = fc.oneof(
  fc.constant([]),
  size(300).map((a) => [a]),
  fc.tuple(size(70), size(33)),
  fc.tuple(size(5), size(9), size(17)),
);

/** Sums of any shape, plain and scaled; a scale that float32 must round. */
export const add = fc.tuple(shapes, fc.constantFrom(1, 1, -1, 0, 0.1, -1e3)).chain(([shape, scale]) =>
  fc.record({ a: tensor(shape), b: tensor(shape) }).map((inputs) => ({
    inputs,
    params: { scale },
    live: sizeOf(shape),
  }))
);

/** Ratios of any shape; every third divisor is 0. */
export const ratio = shapes.chain((shape) =>
  fc.record({ a: tensor(shape), b: tensor(shape) }).map(({ a, b }) => ({
    inputs: { a, b: { shape, data: b.data.map((value, i) => i % 3 === 2 ? 0 : value) } },
    params: {},
    live: sizeOf(shape),
  }))
);
