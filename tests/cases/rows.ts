import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";

/** Invalid row indices, for list entries beyond the live part. */
const garbage = [2 ** 31 - 1, -1, 0, 12345];

/** Widths that do and do not come in fours, within and beyond the lanes of a group. */
export const width = fc.constantFrom(0, 1, 3, 4, 32, 67, 288);

/** A vector or matrix of floats or whole numbers with M rows. */
function anyRows(M: number): fc.Arbitrary<HostTensor> {
  const floats = width.chain((D) => tensor([M, D]));
  const whole = ({ shape, data }: HostTensor) => hostTensor(shape, Int32Array.from(data, (value) => 1e6 * value));
  return fc.oneof(floats, floats.map(whole), tensor([M]), tensor([M]).map(whole));
}

/** A list with `live` (all unless given) usable entries; the rest is garbage. */
export function list(entries: readonly number[], live: HostTensor | undefined): HostTensor {
  const count = live ? live.data[live.data.length - 1] : entries.length;
  return hostIndices(entries.map((row, s) => s < count ? row : garbage[s % garbage.length]));
}

/** Lists in any order, with repetitions. */
export const gather = fc.tuple(size(70, 1), size(140)).chain(([M, S]) =>
  fc.record({
    x: anyRows(M),
    entries: fc.array(fc.nat(M - 1), { minLength: S, maxLength: S }),
    offsets: maybe(offsets(S)),
  }).map(({ x, entries, offsets }) => ({
    inputs: { x, rows: list(entries, offsets), offsets },
    params: {},
    live: (offsets ? offsets.data[offsets.data.length - 1] : S) * (x.shape[1] ?? 1),
  }))
);

/** Row count, width and a strictly ascending list. */
export const scattered = fc.tuple(size(140), width).chain(([M, D]) =>
  fc.subarray(Array.from({ length: M }, (_, m) => m)).chain((entries) =>
    fc.record({
      x: tensor([M, D]),
      y: tensor([entries.length, D]),
      entries: fc.constant(entries),
      offsets: maybe(offsets(entries.length)),
    })
  )
);

/** Ascending lists, of which only a part may be live. */
export const scatterRows = scattered.map(({ x, y, entries, offsets }) => ({
  inputs: { x, y, rows: list(entries, offsets), offsets },
  params: {},
}));

/** With and without a list, gates and a live part. */
export const scatterAdd = fc.oneof(
  scattered.chain(({ x, y, entries, offsets }) =>
    fc.record({
      x: fc.constant(x),
      y: fc.constant(y),
      rows: fc.constant(list(entries, offsets)),
      gates: maybe(tensor([entries.length, 1])),
      offsets: fc.constant(offsets),
    })
  ),
  fc.tuple(size(140), width).chain(([M, D]) =>
    fc.record({ x: tensor([M, D]), y: tensor([M, D]), gates: maybe(tensor([M, 1])), offsets: maybe(offsets(M)) })
  ),
).map((inputs) => ({ inputs, params: {} }));
