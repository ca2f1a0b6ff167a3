import fc from "fast-check";
import { indices, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Caches that are empty, part full, full, or too small for what comes. */
export const cacheAppend = fc.record({
  M: size(33),
  C: size(40),
  W: fc.oneof(fc.constantFrom(0, 4, 8, 64), size(20)),
}).chain(({ M, C, W }) =>
  offsets(M).chain((ends) => {
    const B = ends.shape[0] - 1;
    return fc.record({ cache: tensor([B * C, W]), x: tensor([M, W]), lengths: indices(B, 0, C) }).map((inputs) => ({
      inputs: { ...inputs, offsets: ends },
      params: { C },
      live: { ranges: liveElements(M, 2, ends) },
    }));
  })
);
