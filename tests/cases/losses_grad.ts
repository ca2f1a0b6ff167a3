import fc from "fast-check";
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";
import * as losses from "./losses.ts";

/** An upstream gradient of one number a row. */
const upstream = (M: number) => fc.constantFrom(0, 1e-3, 1, 100).chain((scale) => tensor([M, 1], scale));

/** As the loss itself, with an upstream gradient. */
export const crossEntropyGrad = losses.crossEntropy.chain(({ inputs, params, live }) => {
  const [M, V] = inputs.logits.shape;
  return upstream(M).map((dnll) => ({ inputs: { ...inputs, dnll }, params, live: live * V }));
});

/** As the loss itself, with an upstream gradient. */
export const binaryCrossEntropyGrad = losses.binaryCrossEntropy.chain(({ inputs, params, live }) =>
  upstream(inputs.scores.shape[0]).map((dbce) => ({ inputs: { ...inputs, dbce }, params, live }))
);

/** y = log Σ e^x of each row, rounded to a float. */
export function normalisers({ shape: [M, E], data }: HostTensor): HostTensor {
  const rows = Array.from({ length: M }, (_, m) => Array.from(data.subarray(m * E, (m + 1) * E)));
  const of = (row: number[], top: number) => top + Math.log(row.reduce((sum, value) => sum + Math.exp(value - top), 0));
  return hostTensor([M, 1], rows.map((row) => of(row, Math.max(...row))));
}

/** Router logits with their normalisers, and an upstream gradient. */
export const logSumExpGrad = losses.logSumExp.chain(({ inputs, params }) => {
  const [M, E] = inputs.x.shape;
  const y = normalisers(inputs.x);
  return upstream(M).map((dy) => ({ inputs: { ...inputs, y, dy }, params, live: liveElements(M, E, inputs.offsets) }));
});

/** Labels of which some, all or none are scored. */
export const meanGrad = losses.mean.chain(({ inputs: { x, labels, offsets, total } }) =>
  tensor([1]).map((dy) => ({
    inputs: { dy, labels, offsets, total },
    params: { M: x.shape[0] },
    live: liveElements(x.shape[0], 1, offsets),
  }))
);

/** Counts of the rows themselves or of others. */
export const loadBalanceLossGrad = fc.tuple(size(600), size(70, 1), size(8, 1)).chain(([M, E, k]) =>
  fc.record({ counts: losses.counts(E, k), dloss: tensor([1]), offsets: maybe(offsets(M)) })
    .map((inputs) => ({ inputs, params: { M, k }, live: liveElements(M, E, inputs.offsets) }))
);
