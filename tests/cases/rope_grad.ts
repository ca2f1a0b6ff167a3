import fc from "fast-check";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Rows with any number of heads of either kind, at any positions; queries, keys and values or only one of them. */
export const ropeGrad = fc.record({
  M: size(40),
  H: fc.nat(4),
  G: fc.nat(3),
  K: fc.constantFrom(2, 4, 6, 8, 16, 20, 32, 64),
  T: size(20, 1),
  given: fc.constantFrom("both", "queries", "keys"),
}).chain(({ M, H, G, K, T, given }) =>
  fc.record({
    dq: given === "keys" ? fc.constant(undefined) : tensor([M, H * K]),
    dkv: given === "queries" ? fc.constant(undefined) : tensor([M, 2 * G * K]),
    positions: indices(M, 0, T - 1),
    table: tensor([T, K]),
    offsets: maybe(offsets(M)),
  }).map((inputs) => ({
    inputs,
    params: { H, G, K },
    live: liveElements(M, (H + 2 * G) * K, inputs.offsets),
  }))
);
