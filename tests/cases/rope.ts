import fc from "fast-check";
import { hostIndices } from "../../src/op/device.ts";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Rows with any number of heads of either kind, at any positions. */
const rotated = fc.record({
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
  }).map((inputs) => ({ inputs, params: { H, G, K }, M, q: liveElements(M, H * K, inputs.offsets) }))
);

/** Keys and values as they are. */
export const rope = rotated.map(({ inputs, params, M, q }) => ({
  inputs,
  params,
  live: { q, kv: liveElements(M, 2 * params.G * params.K, inputs.offsets) },
}));

/** Keys and values at distinct rows of a cache, in any order; negative rows are skipped. */
export const ropeWrite = rotated.chain(({ inputs, params, M, q }) =>
  fc.nat(20).chain((more) => {
    const R = M + more;
    const shuffled = fc.shuffledSubarray(Array.from({ length: R }, (_, row) => row), { minLength: M, maxLength: M });
    const skipped = fc.array(fc.nat(3), { minLength: M, maxLength: M });
    return fc.tuple(shuffled, skipped, tensor([R, 2 * params.G * params.K])).map(([rows, skips, cache]) => ({
      inputs: { ...inputs, cache, kvSlots: hostIndices(rows.map((row, m) => skips[m] ? row : -1)) },
      params,
      live: { q },
    }));
  })
);
