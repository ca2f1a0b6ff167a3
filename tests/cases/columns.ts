import fc from "fast-check";
import { hostTensor } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import { joinColumnsOp } from "../../src/ops/columns.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Ranges of the columns of matrices and vectors, empty ones among them. */
export const takeColumns = fc.tuple(size(70), size(70), size(70), fc.boolean()).chain(([M, one, two, vector]) => {
  const [from, to] = [Math.min(one, two), Math.max(one, two)];
  const shape = vector ? [to + M] : [M, to + one];
  return tensor(shape).map((x) => ({ inputs: { x }, params: { from, to } }));
});

/** Numbers of which zeros are infinite. */
const notFinite = (shape: Shape) =>
  tensor(shape).map(({ data }) =>
    hostTensor(shape, (data as Float32Array).map((value) => value === 0 ? Infinity : value))
  );

/** Matrices of as many rows; numbers that are none are copied, too. */
export const joinColumns = casesOf(joinColumnsOp, {
  sizes: { M: size(70), D: size(70), O: size(70) },
  inputs: { b: notFinite },
});
