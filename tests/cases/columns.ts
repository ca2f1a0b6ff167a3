import fc from "fast-check";
import { hostTensor } from "../../src/op/device.ts";
import { size, tensor } from "../support/arbitraries.ts";

/** Ranges of the columns of matrices and vectors, empty ones among them. */
export const takeColumns = fc.tuple(size(70), size(70), size(70), fc.boolean()).chain(([M, one, two, vector]) => {
  const [from, to] = [Math.min(one, two), Math.max(one, two)];
  const shape = vector ? [to + M] : [M, to + one];
  return tensor(shape).map((x) => ({ inputs: { x }, params: { from, to } }));
});

/** Matrices of as many rows; numbers that are none are copied, too. */
export const joinColumns = fc.tuple(size(70), size(70), size(70)).chain(([M, A, B]) =>
  fc.record({ a: tensor([M, A]), b: tensor([M, B]) }).map(({ a, b }) => ({
    inputs: { a, b: hostTensor([M, B], b.data.map((value) => value === 0 ? Infinity : value)) },
    params: {},
  }))
);
