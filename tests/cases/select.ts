import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import { LEAST_SIZE, MOST_SIZE } from "../../src/common/float32.ts";
import { normals } from "../../src/common/random.ts";
import { indices, offsets, size } from "../support/arbitraries.ts";

/** Scores at the edges of the order: both zeros, extreme values, subnormals, NaN. */
const delicate = [0, -0, NaN, Infinity, -Infinity, 3e38, -3e38, 1e-45, -1e-45, 1, 1 + 2 ** -23];

/** M scores, all different, coarse (many ties), all the same, or delicate. */
export function scores(M: number): fc.Arbitrary<HostTensor> {
  const kinds = [
    (value: number) => value,
    (value: number) => Math.round(2 * value) / 2,
    () => 0.5,
    (value: number) => delicate[Math.floor(1000 * Math.abs(value)) % delicate.length],
  ];
  return fc.record({ seed: fc.nat(), kind: fc.constantFrom(...kinds) })
    .map(({ seed, kind }) => hostTensor([M, 1], Float32Array.from(normals(seed, M), kind)));
}

/** Rows of all sequences: edges of a group (256 lanes) more often than the rest. */
const rowCount = fc.oneof(size(300), fc.constantFrom(255, 256, 257, 511, 513, 1000, 4096, 4097, 9000));

/** The number of rows each sequence has. */
const lengths = (starts: HostTensor) => Array.from(starts.data.subarray(1), (end, b) => end - starts.data[b]);

/** Capacities below, at and above the lengths; sometimes a limit below their sum. */
export const selectTopK = rowCount.chain((M) =>
  fc.record({ scores: scores(M), offsets: offsets(M, 8), room: fc.constantFrom(0, 0.3, 1, 2), cut: fc.boolean() })
    .chain(({ scores, offsets, room, cut }) => {
      const rows = lengths(offsets);
      return indices(rows.length, -1, Math.ceil(room * Math.max(1, ...rows))).map((capacity) => {
        const total = rows.reduce((sum, length, b) => sum + Math.min(length, Math.max(0, capacity.data[b])), 0);
        const limit = cut ? Math.floor(0.8 * total) : total + 3;
        const live = { rows: Math.min(limit, total), kept: offsets.shape[0] };
        return { inputs: { scores, offsets, capacity }, params: { limit }, live };
      });
    })
);

/** Thresholds among the scores, between them, and beyond all; whole numbers too. */
export const selectThreshold = rowCount.chain((M) =>
  fc.record({
    scores: scores(M),
    integers: fc.boolean(),
    offsets: offsets(M, 300),
    threshold: fc.constantFrom(0, -0, 0.5, 0.1, 1 / 3, -0.7, 1, LEAST_SIZE, -LEAST_SIZE, MOST_SIZE, -MOST_SIZE),
  }).map(({ scores, integers, offsets, threshold }) => {
    const data = integers ? Int32Array.from(scores.data, (z) => 2 * z) : scores.data;
    const total = data.subarray(0, offsets.data[offsets.data.length - 1]).filter((z) => z >= threshold).length;
    const live = { rows: total, kept: offsets.shape[0] };
    return { inputs: { scores: { shape: scores.shape, data }, offsets }, params: { threshold }, live };
  })
);

/** One sequence of M rows, or B equal ones. */
export function equalOffsets(M: number, B = 1): HostTensor {
  return hostIndices(Array.from({ length: B + 1 }, (_, b) => Math.floor(b * M / B)));
}
