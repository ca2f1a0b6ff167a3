import fc from "fast-check";
import { type Filtered, filtered } from "../../reference/sample.ts";
import { hostIndices, hostTensor } from "../../src/op/device.ts";
import { DRAW_SALT, samplingRow } from "../../src/ops/sample.ts";
import { uniformAt } from "../../src/common/random.ts";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { list } from "./rows.ts";
import { liveElements } from "../support/equivalence.ts";

/** Options of a row, the filters off as often as on, some at the ends of their ranges. */
const sampling = fc.record({
  temperature: fc.constantFrom(0, 0.1, 0.5, 1, 1, 2, 2 ** -126, 2 ** 126),
  topK: fc.constantFrom(0, 0, 1, 2, 10, 5000),
  topP: fc.constantFrom(1, 1, 0.1, 0.5, 0.9, 0.99, 2 ** -126),
  minP: fc.constantFrom(0, 0, 0.01, 0.2, 1, 2 ** -126),
  repetitionPenalty: fc.constantFrom(1, 1.3, 2, 0.7, 2 ** 63, 2 ** -63),
});

/** Relative distance from every boundary that no order of float32 sums and no exponential of WGSL crosses. */
const margin = (V: number) => (V / 4 + 256) * 2 ** -24;

const near = (values: readonly number[], at: number, width: number) => values.some((x) => Math.abs(x - at) <= width);

/** Running sums of the weights of some ids, as parts of the whole. */
function parts(ids: readonly number[], { weights }: Filtered): number[] {
  let sum = 0;
  const sums = ids.map((v) => sum += weights[v]);
  return sums.map((part) => part / sum);
}

/** Disables each filter whose result depends on rounding, so that float32 keeps the same tokens. */
function decided(logits: ArrayLike<number>, options: Float32Array, seen: ArrayLike<number>): Filtered {
  const width = margin(logits.length);
  const on = (row: ArrayLike<number>) => filtered(Array.from(logits), row, seen);
  const bare = on([options[0], 0, 1, 0, options[4]]);
  const order = bare.z.map((_, v) => v).sort((a, b) => bare.z[b] - bare.z[a]);
  const close = order.some((v, rank) => {
    const w = order[rank - 1];
    return rank > 0 && logits[v] !== logits[w] && bare.z[w] - bare.z[v] <= width * Math.abs(bare.z[v]);
  });
  if (close) options[4] = 1;
  if (options[3] < 1 && near(on([options[0], 0, 1, 0, options[4]]).weights, options[3], width * options[3])) {
    options[3] = 0;
  }
  const some = on([options[0], options[1], 1, options[3], options[4]]);
  const ranked = some.kept.toSorted((a, b) => some.z[b] - some.z[a]);
  if (options[2] < 1 && near(parts(ranked, some), options[2], width)) options[2] = 1;
  return on(options);
}

/** Where a row has no distribution: one logit that is none, or all of them −∞. */
export const fault = fc.record({ row: fc.nat(), column: fc.nat(), value: fc.constantFrom(NaN, Infinity, -Infinity) });

/** Writes a fault into some row of logits. */
export function spoil(
  logits: Float32Array,
  V: number,
  { row, column, value }: { row: number; column: number; value: number },
) {
  const start = row % (logits.length / V) * V;
  if (value === -Infinity) logits.fill(value, start, start + V);
  else logits[start + column % V] = value;
}

/**
 * Rows whose filters and draws are further from a boundary than rounding reaches; coarse logits have ties, some are masked
 * out, and some rows have no distribution.
 */
export const sample = fc.tuple(size(9), fc.oneof(size(300, 1), fc.constantFrom(1023, 4100, 8193))).chain(([B, V]) =>
  fc.record({
    logits: tensor([B, V], 2),
    grain: fc.constantFrom(0, 0.5),
    least: fc.constantFrom(-2, -Infinity),
    fault: maybe(fault),
    options: fc.array(sampling, { minLength: B, maxLength: B }),
    seeds: indices(B, -(2 ** 31), 2 ** 31 - 1),
    counters: indices(B, 0, 1e6),
    seen: maybe(indices(B, 0, 2)),
    offsets: maybe(offsets(B)),
  }).map(({ logits, grain, least, fault, options, seeds, counters, seen, offsets }) => {
    const data = logits.data.map((value) =>
      value < least ? -Infinity : grain ? grain * Math.round(value / grain) : value
    );
    const counts = new Int32Array(B * V).map((_, i) => seen ? seen.data[Math.floor(i / V)] * (i % 3 ? 0 : 1) : 0);
    const rows = Float32Array.from(options.flatMap(samplingRow));
    for (let b = 0; b < B; b++) {
      const row = rows.subarray(5 * b, 5 * b + 5);
      const left = decided(data.subarray(b * V, b * V + V), row, counts.subarray(b * V, b * V + V));
      const ends = parts(left.kept, left);
      const undecided = () => near(ends, uniformAt(seeds.data[b], DRAW_SALT, counters.data[b]), margin(V));
      for (let tries = 0; tries < 1000 && undecided(); tries++) (counters.data as Int32Array)[b]++;
      if (undecided()) row[0] = 0;
    }
    if (fault && B > 0) spoil(data as Float32Array, V, fault);
    const inputs = { logits: hostTensor([B, V], data), options: hostTensor([B, 5], rows), seeds, counters, offsets };
    const live = { ids: liveElements(B, 1, offsets), logProbs: liveElements(B, 1, offsets) };
    return { inputs: { ...inputs, seen: seen && hostIndices(counts, [B, V]) }, params: {}, live };
  })
);

/** Vocabularies down to one token; every row or a list of some, in any order; entries beyond the live part are invalid. */
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
    const end = offsets?.data.at(-1);
    const live = { ids: list(Array.from(ids.data.subarray(0, M)), end), rows: list(rows, end) };
    return { inputs: { seen, offsets, ids: live.ids, ...(listed && { rows: live.rows }) }, params: {} };
  });
});
