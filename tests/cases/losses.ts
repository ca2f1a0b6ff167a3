import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Rows of any width, around zero or far from it, some of them partly masked out. */
function logits(M: number, V: number): fc.Arbitrary<HostTensor> {
  return fc.record({
    normals: tensor([M, V]),
    scale: fc.constantFrom(0, 0.1, 3, 100),
    shift: fc.constantFrom(0, 0, -1000, 1e4),
    masked: fc.boolean(),
  }).map(({ normals: { data, shape }, scale, shift, masked }) =>
    hostTensor(
      shape,
      (data as Float32Array).map((value, i) =>
        masked && value < -1 && i % shape[1] > 0 ? -Infinity : shift + scale * value
      ),
    )
  );
}

const width = fc.oneof(size(300, 1), fc.constantFrom(1025, 4100));

/** Labels of some columns or none; a masked column may be the label only if it is not masked: it is the first then. */
export const crossEntropy = fc.tuple(size(70), width).chain(([M, V]) =>
  fc.record({ logits: logits(M, V), labels: indices(M, -2, V - 1), offsets: maybe(offsets(M)) })
    .map(({ logits, labels, offsets }) => {
      const possible = (label: number, m: number) => logits.data[m * V + label] === -Infinity ? 0 : label;
      const usable = hostIndices(labels.data.map(possible));
      return { inputs: { logits, labels: usable, offsets }, params: {}, live: liveElements(M, 1, offsets) };
    })
);

/** Router logits. */
export const logSumExp = fc.tuple(size(70), width).chain(([M, E]) =>
  fc.record({ x: logits(M, E), offsets: maybe(offsets(M)) })
    .map((inputs) => ({ inputs, params: {}, live: liveElements(M, 1, inputs.offsets) }))
);

/** Selected rows; the list is longer than its live part. */
export const binaryCrossEntropy = size(300).chain((M) =>
  fc.record({
    scores: logits(M, 1),
    chosen: fc.subarray(Array.from({ length: M }, (_, m) => m)),
    spare: fc.array(fc.integer({ min: -1, max: M }), { maxLength: 3 }),
    offsets: maybe(offsets(M)),
  }).map(({ scores, chosen, spare, offsets }) => ({
    inputs: { scores, rows: hostIndices([...chosen, ...spare]), kept: hostIndices([0, chosen.length]), offsets },
    params: {},
    live: liveElements(M, 1, offsets),
  }))
);

/** Optional divisor of a mean: the number of rows of a whole step. */
export const totals = maybe(fc.constantFrom(0, 1, 17, 2 ** 20).map((rows) => hostTensor([1], [rows])));

/** Values of which some, all or none are scored. */
export const mean = size(2000).chain((M) =>
  fc.record({ x: tensor([M, 1]), labels: maybe(indices(M, -2, 1)), offsets: maybe(offsets(M)), total: totals })
    .map((inputs) => ({ inputs, params: {} }))
);

/** Counts of no slots, or of R rows with k slots each, by chance. */
export function counts(E: number, k: number): fc.Arbitrary<HostTensor> {
  return fc.constantFrom(0, 1, 300, 20_000).chain((R) =>
    fc.array(fc.nat(R), { minLength: k * (E - 1), maxLength: k * (E - 1) }).map((cuts) => {
      const found = new Float32Array(E); // each slot's R rows are cut into E parts
      for (let slot = 0; slot < k; slot++) {
        const ends = [...cuts.slice(slot * (E - 1), (slot + 1) * (E - 1)).sort((a, b) => a - b), R];
        ends.forEach((end, e) => found[e] += end - (ends[e - 1] ?? 0));
      }
      return hostTensor([E], found);
    })
  );
}

/** Probabilities, normalised or not, and counts of the same rows or of more. */
export const loadBalanceLoss = fc.tuple(size(300), size(70, 1), size(8, 1)).chain(([M, E, k]) =>
  fc.record({
    probs: tensor([M, E]).map(({ shape, data }) => hostTensor(shape, (data as Float32Array).map(Math.abs))),
    counts: counts(E, k),
    offsets: maybe(offsets(M)),
  }).map((inputs) => ({ inputs, params: { k } }))
);
