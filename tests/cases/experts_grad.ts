import fc from "fast-check";
import { GATED } from "../../src/op/kinds.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";
import { chosen } from "./experts.ts";

/** Two widths: vectors of four or not, one tile of registers or several; then rows, chosen experts, all experts. */
const sizes = fc.record({
  M: size(40),
  k: fc.constantFrom(1, 3),
  E: fc.integer({ min: 3, max: 5 }),
  P: fc.constantFrom(0, 1, 6, 16, 20, 72),
  Q: fc.constantFrom(0, 1, 7, 8, 40, 68),
}).chain(({ M, ...rest }) => maybe(offsets(M)).map((offsets) => ({ M, ...rest, offsets })));

/** Rows of slots, the same for all of a row's or one each. */
const slots = (M: number, k: number, width: number) => fc.oneof(tensor([M, width]), tensor([M, k, width]));

/** Shared rows and one each. */
export const expertTransposed = sizes.chain(({ M, k, E, P, Q, offsets }) =>
  fc.record({
    x: slots(M, k, P),
    a: tensor([E, P, Q]),
    experts: chosen(M, k, E, offsets),
    offsets: fc.constant(offsets),
    scale: fc.constantFrom(1, 0.7),
  }).map(({ scale, ...inputs }) => ({ inputs, params: { scale }, live: liveElements(M, k * Q, offsets) }))
);

/** Both sides shared or not, either the wider one, experts that no row chose. */
export const expertOuter = sizes.chain(({ M, k, E, P, Q, offsets }) =>
  fc.record({
    x: slots(M, k, P),
    y: slots(M, k, Q),
    experts: chosen(M, k, E, offsets),
    offsets: fc.constant(offsets),
    scale: fc.constantFrom(1, 0.7),
  }).map(({ scale, ...inputs }) => ({ inputs, params: { scale, E } }))
);

/** Shared rows and one each. */
export const weightSlots = sizes.chain(({ M, k, P, offsets }) =>
  fc.record({ x: slots(M, k, P), weights: tensor([M, k]), offsets: fc.constant(offsets) })
    .map((inputs) => ({ inputs, params: {}, live: liveElements(M, k * P, offsets) }))
);

/** Any width, with and without dead rows. */
export const sumSlots = sizes.chain(({ M, k, P, offsets }) =>
  fc.record({ x: tensor([M, k, P]), offsets: fc.constant(offsets) })
    .map((inputs) => ({ inputs, params: {}, live: liveElements(M, P, offsets) }))
);

/** Shared rows and one each. */
export const dotSlots = sizes.chain(({ M, k, P, offsets }) =>
  fc.record({ a: tensor([M, k, P]), b: slots(M, k, P), offsets: fc.constant(offsets) })
    .map((inputs) => ({ inputs, params: {}, live: liveElements(M, k, offsets) }))
);

/** Both gated units, ranks for tiles and for elements, with and without dead rows. */
export const loraGatedUnitGrad = sizes.chain(({ M, k, E, Q: F, offsets }) =>
  fc.constantFrom(1, 6, 16).chain((R) =>
    fc.record({
      u: tensor([M, 2 * F]),
      a: tensor([M, k, R]),
      b: tensor([E, 2 * F, R]),
      experts: chosen(M, k, E, offsets),
      dz: tensor([M, k, F]),
      offsets: fc.constant(offsets),
      kind: fc.constantFrom(...GATED),
    }).map(({ kind, ...inputs }) => ({
      inputs,
      params: { kind, scale: 0.7 },
      live: liveElements(M, k * 2 * F, offsets),
    }))
  )
);
