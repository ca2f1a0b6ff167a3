import fc from "fast-check";
import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import { attentionOp } from "../../src/ops/attention.ts";
import { indices, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";
import { casesOf } from "../support/skeleton.ts";

/** An ascending list of `count` different rows below the end of the offsets, with its own offsets. */
function subset(ends: HostTensor): fc.Arbitrary<{ rows: HostTensor; queryOffsets?: HostTensor }> {
  const N = ends.data[ends.data.length - 1];
  return fc.tuple(fc.subarray(Array.from({ length: N }, (_, n) => n)), fc.option(fc.nat(3))).map(([rows, dead]) => ({
    rows: hostIndices([...rows, ...new Array(dead ?? 0).fill(0)]),
    queryOffsets: dead === null ? undefined : hostIndices([0, rows.length]),
  }));
}

/** Sequences (some empty) seen by all their rows or by a routed subset, with and without limits. */
export const keyRanges = size(70).chain((M) =>
  fc.tuple(offsets(M, 6), fc.boolean(), fc.oneof(fc.constant(0), size(80, 1), fc.constant(2 ** 31)), fc.boolean())
    .chain(([ends, causal, window, routed]) =>
      (routed ? subset(ends) : fc.constant({ rows: undefined, queryOffsets: undefined })).map((query) => {
        const params = { M: query.rows?.shape[0] ?? M, causal, window };
        const live = liveElements(params.M, 2, query.queryOffsets ?? (query.rows ? undefined : ends));
        return { inputs: { offsets: ends, ...query }, params, live };
      })
    )
);

/** Ranges inside [0, N]: anywhere, or as causal rows see, or nothing. */
export function ranges(M: number, N: number): fc.Arbitrary<HostTensor> {
  const anywhere = indices(2 * M, 0, N).map(({ data }) =>
    hostIndices(Array.from(data, (end, i) => i % 2 ? Math.max(data[i - 1], end) : end), [M, 2])
  );
  const causal = fc.nat(N).map((last) =>
    hostIndices(
      Array.from({ length: 2 * M }, (_, i) => i % 2 ? Math.max(0, Math.min(N, last - M + (i + 3 >> 1))) : 0),
      [M, 2],
    )
  );
  return fc.oneof(
    { weight: 2, arbitrary: anywhere },
    { weight: 2, arbitrary: causal },
    fc.constant(hostIndices(new Int32Array(2 * M), [M, 2])),
  );
}

/** Puts NaN into the keys and values that no live row sees: kernels must not even multiply them by zero. */
export function poisonUnseen(kv: HostTensor, { data }: HostTensor, live: number): HostTensor {
  const seen = new Set<number>();
  for (let m = 0; m < live; m++) for (let n = data[2 * m]; n < data[2 * m + 1]; n++) seen.add(n);
  const [N, W] = kv.shape;
  const poisoned = kv.data.slice();
  for (let n = 0; n < N; n++) if (!seen.has(n)) poisoned.fill(NaN, n * W, (n + 1) * W);
  return { ...kv, data: poisoned };
}

/** Any number of rows, keys and heads of any width; scores from flat to nearly one-hot. */
export const attention = fc.constantFrom(0.1, 1, 4).chain((scale) =>
  casesOf(attentionOp, {
    sizes: fc.record({
      M: size(70),
      C: fc.oneof(size(140), fc.constant(640)),
      G: fc.integer({ min: 1, max: 3 }),
      group: fc.integer({ min: 1, max: 3 }),
      K: fc.constantFrom(1, 3, 4, 6, 8, 13, 20, 32, 33, 64, 128, 132),
    }).map((sizes) => ({ ...sizes, H: sizes.G * sizes.group })),
    inputs: { q: (shape) => tensor(shape, scale), ranges: ([M], { sizes: { C } }) => ranges(M, C) },
  })
).map(({ inputs, params, live }) => {
  const { q: { shape: [M] }, kv, ranges, offsets } = inputs;
  return { inputs: { ...inputs, kv: poisonUnseen(kv, ranges, liveElements(M, 1, offsets)) }, params, live };
});
