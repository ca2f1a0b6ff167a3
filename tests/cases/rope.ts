import fc from "fast-check";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Rows with any number of heads of either kind, at any positions. */
export const rope = fc.record({
  M: size(40),
  H: fc.nat(4),
  G: fc.nat(3),
  K: fc.constantFrom(2, 4, 6, 8, 16, 20, 32, 64),
  T: size(20, 1),
}).chain(({ M, H, G, K, T }) =>
  fc.record({
    x: tensor([M, (H + 2 * G) * K]),
    positions: indices(M, 0, T - 1),
    table: tensor([T, K]),
    offsets: maybe(offsets(M)),
  }).map((inputs) => ({
    inputs,
    params: { H, G, K },
    live: { q: liveElements(M, H * K, inputs.offsets), kv: liveElements(M, 2 * G * K, inputs.offsets) },
  }))
);
