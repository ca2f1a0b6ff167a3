import fc from "fast-check";
import { hostIndices, hostTensor } from "../../src/op/device.ts";
import { SLOT } from "../../src/ops/slots.ts";
import { clock, listed, slotsOf } from "./route_tokens.ts";
import { indices, size, tensor } from "../support/arbitraries.ts";

/** Batches around a work group's width; some sequences end by their limit, some by a stop, some by neither. */
export const commitTokens = fc.tuple(size(130), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 })).chain((
  [S, N, n],
) =>
  listed(S).chain(({ rows, offsets }) => {
    const [M] = rows.shape;
    return fc.record({
      slots: slotsOf(S, N),
      log: tensor([n, 4 * S]),
      clock,
      drawn: fc.oneof(indices(M, -2, 6), indices(M, 2 ** 24 - 7, 2 ** 24 - 1)),
      logProbs: tensor([M, 1]).map(({ shape, data }) => hostTensor(shape, data.map((x) => -Math.abs(x)))),
      z: tensor([S, 1]),
      rows: fc.constant(rows),
      offsets: fc.constant(offsets),
    });
  })
).chain((inputs) => fc.subarray([0, 3, 5, 2 ** 24 - 2]).map((stops) => ({ inputs, params: { stops } })));

/** Some slots or none of a list in any order; ids up to the greatest that float32 holds. */
export const commitTop = fc.tuple(size(70), size(20, 1), fc.integer({ min: 1, max: 5 })).chain(([S, k, n]) =>
  listed(S).chain(({ rows, offsets }) => {
    const M = rows.shape[0];
    return fc.record({
      ids: fc.oneof(indices(M * k, -2, 6), indices(M * k, 2 ** 24 - 7, 2 ** 24 - 1))
        .map(({ data }) => hostIndices(data, [M, k])),
      logProbs: tensor([M, k]),
      top: tensor([n, 2 * S * k]),
      clock,
      rows: fc.constant(rows),
      offsets: fc.constant(offsets),
    });
  })
).map((inputs) => ({ inputs, params: {} }));

/** Prompts of some rows or none, counted in any column. */
export const advanceLengths = fc.tuple(size(130), fc.integer({ min: 1, max: 3 })).chain(([S, N]) =>
  fc.record({
    slots: slotsOf(S, N),
    lengths: fc.array(fc.nat(5), { minLength: S, maxLength: S }),
    column: fc.nat(SLOT.rows + N - 1),
  })
).map(({ slots, lengths, column }) => {
  const offsets = [0];
  for (const length of lengths) offsets.push(offsets[offsets.length - 1] + length);
  return { inputs: { slots, offsets: hostIndices(offsets) }, params: { column } };
});
