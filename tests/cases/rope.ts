import fc from "fast-check";
import { hostIndices } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import { ropeOp, ropeWriteOp } from "../../src/ops/rope.ts";
import { indices, size } from "../support/arbitraries.ts";
import { casesOf, type Context } from "../support/skeleton.ts";

/** Rows with any number of heads of either kind. */
export const sizes = {
  M: size(40),
  H: fc.nat(4),
  G: fc.nat(3),
  K: fc.constantFrom(2, 4, 6, 8, 16, 20, 32, 64),
  T: size(20, 1),
};

/** Any positions of the table. */
export const positions = ([M]: Shape, { sizes: { T } }: Context<{ T: number }, unknown>) => indices(M, 0, T - 1);

/** Keys and values as they are. */
export const rope = casesOf(ropeOp, { sizes, inputs: { positions } });

/** Keys and values at distinct rows of a cache, in any order; negative rows are skipped. */
export const ropeWrite = casesOf(ropeWriteOp, {
  sizes: fc.tuple(fc.record(sizes), fc.nat(20)).map(([sizes, more]) => ({ ...sizes, C: sizes.M + more })),
  inputs: {
    positions,
    kvSlots: ([M], { sizes: { C } }) =>
      fc.tuple(
        fc.shuffledSubarray(Array.from({ length: C }, (_, row) => row), { minLength: M, maxLength: M }),
        fc.array(fc.nat(3), { minLength: M, maxLength: M }),
      ).map(([rows, skips]) => hostIndices(rows.map((row, m) => skips[m] ? row : -1))),
  },
});
