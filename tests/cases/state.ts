import fc from "fast-check";
import { hostIndices, hostTensor } from "../../src/device.ts";
import { indices, maybe, offsets, size } from "../support/arbitraries.ts";

/** Batches around a work group's width; some sequences begin anew. */
export const settle = size(130).chain((B) =>
  fc.record({ lengths: indices(B, 0, 9), grown: indices(B, 0, 9), leading: maybe(indices(B, 0, 2)) })
).map((inputs) => ({ inputs, params: {} }));

/** Sequences of some rows or none, of which some, none or all ran; the list may be longer than what is live. */
export const deepen = fc.tuple(size(40), fc.constantFrom(4, 70)).chain(([M, most]) =>
  fc.record({
    offsets: offsets(M, most),
    ran: fc.array(fc.boolean(), { minLength: M, maxLength: M }),
    depths: maybe(indices(most, 1, 4)),
    spare: size(5),
  })
).map(({ offsets, ran, depths, spare }) => {
  const B = offsets.shape[0] - 1;
  const rows = Array.from({ length: offsets.data[B] }, (_, m) => m).filter((m) => ran[m]);
  const kept = hostIndices(Array.from(offsets.data, (start) => rows.filter((m) => m < start).length));
  const depth = depths && hostTensor([B], Float32Array.from(depths.data.subarray(0, B)));
  return { inputs: { offsets, rows: hostIndices([...rows, ...Array(spare).fill(0)]), kept, depth }, params: {} };
});

/** Vocabularies down to one token. */
export const count = fc.tuple(size(130), size(40, 1)).chain(([B, V]) =>
  fc.record({
    seen: indices(B * V, 0, 5).map(({ data }) => hostIndices(data, [B, V])),
    ids: indices(B, 0, V - 1),
  })
).map((inputs) => ({ inputs, params: {} }));
