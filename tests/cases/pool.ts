import fc from "fast-check";
import type { Shape } from "../../src/op/op.ts";
import { poolOp } from "../../src/ops/pool.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Sizes whose squares, or sums of squares, leave float32, beside the usual one. */
export const scales = fc.constantFrom(1, 1, 1e25, 1e-25, 1e34, 1e-37);

/** Sequences of any length, some of them empty; rows after the last. */
export const special = {
  sizes: { M: size(130), D: size(300) },
  inputs: { x: (shape: Shape) => scales.chain((scale) => tensor(shape, scale)) },
  sequences: 9,
};

/** Every kind, with and without unit length. */
export const pool = casesOf(poolOp, special);
