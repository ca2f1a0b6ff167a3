import fc from "fast-check";
import { hostIndices, hostTensor } from "../../src/op/device.ts";
import { list } from "./rows.ts";
import { indices, maybe, offsets, size } from "../support/arbitraries.ts";
import { normals } from "../../src/common/random.ts";

const column = (seed: number, rows: number) => hostTensor([rows, 1], normals(seed, rows));

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
    scored: fc.boolean(),
    spare: size(5),
    seed: fc.nat(),
  })
).map(({ offsets, ran, depths, scored, spare, seed }) => {
  const B = offsets.shape[0] - 1;
  const rows = Array.from({ length: offsets.data[B] }, (_, m) => m).filter((m) => ran[m]);
  const kept = hostIndices(Array.from(offsets.data, (start) => rows.filter((m) => m < start).length));
  const depth = depths && hostTensor([B], Float32Array.from(depths.data.subarray(0, B)));
  const listed = hostIndices([...rows, ...Array(spare).fill(0)]);
  const scores = scored ? column(seed, listed.shape[0]) : undefined;
  return { inputs: { offsets, rows: listed, kept, scores, depth, score: column(seed + 1, B) }, params: {} };
});

/** Vocabularies down to one token; every row or a list of some, in any order; what is not live names no row and no token. */
export const count = fc.tuple(size(130), size(40, 1), fc.boolean()).chain(([B, V, listed]) => {
  const all = Array.from({ length: B }, (_, b) => b);
  return fc.record({
    seen: indices(B * V, 0, 5).map(({ data }) => hostIndices(data, [B, V])),
    rows: listed ? fc.shuffledSubarray(all) : fc.constant(all),
    ids: indices(B, -2, V - 1),
    offsets: maybe(offsets(B)),
  }).map(({ seen, rows, ids, offsets: ends }) => {
    const M = rows.length;
    const offsets = ends && hostIndices(ends.data.map((end) => Math.min(end, M)));
    const live = { ids: list(Array.from(ids.data.subarray(0, M)), offsets), rows: list(rows, offsets) };
    return { inputs: { seen, offsets, ids: live.ids, ...(listed && { rows: live.rows }) }, params: {} };
  });
});
