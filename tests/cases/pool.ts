import fc from "fast-check";
import type { PoolParams } from "../../src/ops/pool.ts";
import { offsets, size, tensor } from "../support/arbitraries.ts";

/** Sequences of any length, some of them empty; rows after the last. */
export const pool = fc.tuple(size(130), size(300)).chain(([M, D]) =>
  fc.record({
    x: tensor([M, D]),
    offsets: offsets(M, 9),
    kind: fc.constantFrom<PoolParams["kind"]>("mean", "first", "last"),
    normalize: fc.boolean(),
  }).map(({ x, offsets, kind, normalize }) => ({ inputs: { x, offsets }, params: { kind, normalize } }))
);
