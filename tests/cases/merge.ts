import fc from "fast-check";
import { MERGES } from "../../src/op/kinds.ts";
import { size, tensor } from "../support/arbitraries.ts";

/** Matrices of any size with any number of experts; weights of either sign, summing to anything. */
export const expertMerge = fc.record({ O: size(40), F: size(70), E: size(8), R: size(17) }).chain(({ O, F, E, R }) =>
  fc.record({
    inputs: fc.record({ w: tensor([O, F]), a: tensor([E, R, F]), b: tensor([E, O, R]), q: tensor([E]) }),
    params: fc.record({
      mode: fc.constantFrom(...MERGES),
      scale: fc.constantFrom(2, 1, 0.3, -0.125, 0),
    }),
  })
);
