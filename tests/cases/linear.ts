import fc from "fast-check";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Products of any size with any of the optional operands. */
export const linear = fc.tuple(size(70), size(70), size(70, 1)).chain(([M, D, rows]) =>
  fc.record({
    x: tensor([M, D]),
    w: tensor([rows, D]),
    bias: maybe(tensor([rows])),
    offsets: maybe(offsets(M)),
    range: fc.tuple(fc.nat(rows), fc.nat(rows)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]),
  }).chain(({ range: [from, to], ...inputs }) =>
    maybe(tensor([M, to - from])).map((residual) => ({
      inputs: { ...inputs, residual },
      params: { from, to },
      live: liveElements(M, to - from, inputs.offsets),
    }))
  )
);
