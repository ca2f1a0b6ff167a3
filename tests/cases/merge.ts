import fc from "fast-check";
import { expertMergeOp } from "../../src/ops/merge.ts";
import { size } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Matrices of any size with any number of experts; weights of either sign, summing to anything. */
export const expertMerge = casesOf(expertMergeOp, {
  sizes: { O: size(40), D: size(70), E: size(8), R: size(17) },
  params: { scale: fc.constantFrom(2, 1, 0.3, -0.125, 0) },
});
