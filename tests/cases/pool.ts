import fc from "fast-check";
import { POOLINGS } from "../../src/op/kinds.ts";
import { offsets, size, tensor } from "../support/arbitraries.ts";

/** Sizes whose squares, or sums of squares, leave float32, beside the usual one. */
export const sizes = fc.constantFrom(1, 1, 1e25, 1e-25, 1e34, 1e-37);

/** Sequences of any length, some of them empty; rows after the last. */
export const pool = fc.tuple(size(130), size(300), sizes).chain(([M, D, scale]) =>
  fc.record({
    x: tensor([M, D], scale),
    offsets: offsets(M, 9),
    kind: fc.constantFrom(...POOLINGS),
    normalize: fc.boolean(),
  }).map(({ x, offsets, kind, normalize }) => ({ inputs: { x, offsets }, params: { kind, normalize } }))
);
