import fc from "fast-check";
import { addOp, ratioOp } from "../../src/ops/add.ts";
import type { Shape } from "../../src/op/op.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Shapes of up to three axes, among them none at all. */
export const shapes: fc.Arbitrary<Shape> = fc.oneof(
  fc.constant([]),
  size(300).map((a) => [a]),
  fc.tuple(size(70), size(33)),
  fc.tuple(size(5), size(9), size(17)),
);

/** Sums of any shape, plain and scaled; a scale that float32 must round. */
export const add = casesOf(addOp, {
  sizes: {},
  rest: shapes,
  params: { scale: fc.constantFrom(1, 1, -1, 0, 0.1, -1e3) },
});

/** Every third number is 0. */
const withZeros = (shape: Shape) =>
  tensor(shape).map(({ data }) => ({ shape, data: data.map((value, i) => i % 3 === 2 ? 0 : value) }));

/** Ratios of any shape. */
export const ratio = casesOf(ratioOp, { sizes: {}, rest: shapes, inputs: { b: withZeros } });
