import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import * as ops from "../../src/ops/losses.ts";
import { indices, size, tensor } from "../support/arbitraries.ts";
import { casesOf, type Context } from "../support/skeleton.ts";

/** Rows of any width, around zero or far from it, some of them partly masked out. */
export function logits(shape: Shape): fc.Arbitrary<HostTensor> {
  return fc.record({
    normals: tensor(shape),
    scale: fc.constantFrom(0, 0.1, 3, 100),
    shift: fc.constantFrom(0, 0, -1000, 1e4),
    masked: fc.boolean(),
  }).map(({ normals: { data }, scale, shift, masked }) =>
    hostTensor(
      shape,
      (data as Float32Array).map((value, i) =>
        masked && value < -1 && i % shape[1] > 0 ? -Infinity : shift + scale * value
      ),
    )
  );
}

/** Columns of a row. */
export const width = fc.oneof(size(300, 1), fc.constantFrom(1025, 4100));

/** Labels of some columns or none. */
export const labels = ([M]: Shape, { sizes: { V } }: Context<{ V: number }, unknown>) => indices(M, -2, V - 1);

/** A masked column may be the label only if it is not masked: it is the first then. */
export function usable<C extends { inputs: { logits: HostTensor; labels: HostTensor } }>(one: C): C {
  const { logits: { data, shape: [, V] }, labels } = one.inputs;
  const possible = (label: number, m: number) => data[m * V + label] === -Infinity ? 0 : label;
  return { ...one, inputs: { ...one.inputs, labels: hostIndices(labels.data.map(possible)) } };
}

/** Rows of a vocabulary. */
export const crossEntropy = casesOf(ops.crossEntropyOp, {
  sizes: { M: size(70), V: width },
  inputs: { logits, labels },
})
  .map(usable);

/** Router logits. */
export const logSumExp = casesOf(ops.logSumExpOp, { sizes: { M: size(70), E: width }, inputs: { x: logits } });

/** Scores, of which some are selected; the list is longer than its live part. */
export const selected = fc.tuple(size(300), fc.nat(3), fc.nat()).map(([M, spare, some]) => {
  const S = some % (M + 1);
  return { M, S: S + spare, live: S };
});

/** Distinct selected rows in ascending order, then any. */
export function selectedRows([S]: Shape, { sizes: { M, live } }: Context<{ M: number; live: number }, unknown>) {
  return fc.tuple(
    fc.shuffledSubarray(Array.from({ length: M }, (_, m) => m), { minLength: live, maxLength: live }),
    fc.array(fc.integer({ min: -1, max: M }), { minLength: S - live, maxLength: S - live }),
  ).map(([rows, spare]) => hostIndices([...rows.sort((a, b) => a - b), ...spare]));
}

/** The number of selected rows. */
export const kept = (_: Shape, { sizes: { live } }: Context<{ live: number }, unknown>) =>
  fc.constant(hostIndices([0, live]));

/** Selected rows. */
export const binaryCrossEntropy = casesOf(ops.binaryCrossEntropyOp, {
  sizes: selected,
  inputs: { scores: logits, rows: selectedRows, kept },
});

/** Divisor of a mean: the number of rows of a whole step. */
export const total = () => fc.constantFrom(0, 1, 17, 2 ** 20).map((rows) => hostTensor([1], [rows]));

/** Labels of which some, all or none are scored. */
export const scoredLabels = ([M]: Shape) => indices(M, -2, 1);

/** Values of which some, all or none are scored. */
export const mean = casesOf(ops.meanOp, { sizes: { M: size(2000) }, inputs: { labels: scoredLabels, total } });

/** Counts of no slots, or of R rows with k slots each, by chance. */
export function counts([E]: Shape, { params: { k } }: Context<unknown, { k: number }>): fc.Arbitrary<HostTensor> {
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

/** Positive numbers. */
const positive = (shape: Shape) =>
  tensor(shape).map(({ data }) => hostTensor(shape, (data as Float32Array).map(Math.abs)));

/** Probabilities, normalised or not, and counts of the same rows or of more. */
export const loadBalanceLoss = casesOf(ops.loadBalanceLossOp, {
  sizes: { M: size(300), E: size(70, 1), k: size(8, 1) },
  inputs: { probs: positive, counts },
});
