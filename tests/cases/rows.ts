import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import { gatherOp, scatterAddOp, scatterRowsOp } from "../../src/ops/rows.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf, type Context } from "../support/skeleton.ts";

/** Invalid row indices, for list entries beyond the live part. */
const garbage = [2 ** 31 - 1, -1, 0, 12345];

/** Widths that do and do not come in fours, within and beyond the lanes of a group. */
export const width = fc.constantFrom(0, 1, 3, 4, 32, 67, 288);

/** Floats or whole numbers, of a matrix or a vector. */
function anyRows([M, D]: Shape): fc.Arbitrary<HostTensor> {
  const whole = ({ shape, data }: HostTensor) => hostTensor(shape, Int32Array.from(data, (value) => 1e6 * value));
  return fc.oneof(tensor([M, D]), tensor([M, D]).map(whole), tensor([M]), tensor([M]).map(whole));
}

/** A list whose entries after the live ones (all unless given) are garbage. */
export const list = (entries: readonly number[], live: number = entries.length): HostTensor =>
  hostIndices(entries.map((row, s) => s < live ? row : garbage[s % garbage.length]));

/** Lists in any order, with repetitions. */
export const gather = casesOf(gatherOp, {
  sizes: { M: size(70, 1), S: size(140), D: width },
  inputs: {
    x: anyRows,
    rows: ([S], { sizes: { M }, live }) =>
      fc.array(fc.nat(M - 1), { minLength: S, maxLength: S }).map((entries) => list(entries, live)),
  },
});

/** Rows, some of them listed, and a width. */
export const someRows = fc.tuple(size(140), fc.nat(), width).map(([M, some, D]) => ({ M, S: some % (M + 1), D }));

/** A strictly ascending list, of which only a part may be live. */
export const ascending = ([S]: Shape, { sizes: { M }, live }: Context<{ M: number }, unknown>) =>
  fc.shuffledSubarray(Array.from({ length: M }, (_, m) => m), { minLength: S, maxLength: S })
    .map((entries) => list(entries.sort((a, b) => a - b), live));

/** Ascending lists. */
export const scatterRows = casesOf(scatterRowsOp, { sizes: someRows, inputs: { rows: ascending } });

/** With and without a list, gates and a live part; without a list all rows are written. */
export const scatterAdd = fc.oneof(
  casesOf(scatterAddOp, { sizes: someRows, inputs: { rows: ascending } }),
  casesOf(scatterAddOp, {
    sizes: fc.tuple(size(140), width).map(([M, D]) => ({ M, S: M, D })),
    inputs: { rows: ascending },
  }),
);
