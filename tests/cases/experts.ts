import fc from "fast-check";
import { GATED } from "../../src/op/kinds.ts";
import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Rows, chosen experts, all experts, rank and width. */
const sizes = fc.record({
  M: size(40),
  k: fc.constantFrom(1, 3),
  E: fc.integer({ min: 3, max: 5 }),
  R: fc.constantFrom(1, 6, 16),
  F: fc.constantFrom(0, 7, 40),
});

/** Chosen experts of the live rows; invalid indices in the other rows. */
export function chosen(M: number, k: number, E: number, live: HostTensor | undefined): fc.Arbitrary<HostTensor> {
  const end = liveElements(M, k, live);
  return fc.array(fc.nat(E - 1), { minLength: M * k, maxLength: M * k })
    .map((data) => hostIndices(data.map((e, slot) => slot < end ? e : 10 ** 9), [M, k]));
}

/** Inputs that stand for the shared x and for one of each slot. */
export const loraDown = sizes.chain(({ M, k, E, R, F }) =>
  maybe(offsets(M)).chain((offsets) =>
    fc.record({
      x: fc.oneof(tensor([M, F]), tensor([M, k, F])),
      a: tensor([E, R, F]),
      experts: chosen(M, k, E, offsets),
      offsets: fc.constant(offsets),
    }).map((inputs) => ({ inputs, params: {}, live: liveElements(M, k * R, offsets) }))
  )
);

/** Both gated units, with and without dead rows. */
export const loraGatedUnit = sizes.chain(({ M, k, E, R, F }) =>
  maybe(offsets(M)).chain((offsets) =>
    fc.record({
      u: tensor([M, 2 * F]),
      a: tensor([M, k, R]),
      b: tensor([E, 2 * F, R]),
      experts: chosen(M, k, E, offsets),
      weights: tensor([M, k]),
      offsets: fc.constant(offsets),
      kind: fc.constantFrom(...GATED),
    }).map(({ kind, ...inputs }) => ({
      inputs,
      params: { kind, scale: 0.7 },
      live: { z: liveElements(M, k * F, offsets), mix: liveElements(M, F, offsets) },
    }))
  )
);

/** Any width, with and without dead rows. */
export const loraUp = sizes.chain(({ M, k, E, R, F: D }) =>
  maybe(offsets(M)).chain((offsets) =>
    fc.record({
      x: tensor([M, D]),
      a: tensor([M, k, R]),
      b: tensor([E, D, R]),
      experts: chosen(M, k, E, offsets),
      weights: tensor([M, k]),
      offsets: fc.constant(offsets),
    }).map((inputs) => ({ inputs, params: { scale: 2 }, live: liveElements(M, D, offsets) }))
  )
);
