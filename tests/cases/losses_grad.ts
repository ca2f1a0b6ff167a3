import fc from "fast-check";
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import * as ops from "../../src/ops/losses_grad.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";
import * as losses from "./losses.ts";

/** An upstream gradient of one number a row. */
export const upstream = (shape: Shape) => fc.constantFrom(0, 1e-3, 1, 100).chain((scale) => tensor(shape, scale));

/** As the loss itself, with an upstream gradient. */
export const crossEntropyGrad = casesOf(ops.crossEntropyGradOp, {
  sizes: { M: size(70), V: losses.width },
  inputs: { logits: losses.logits, labels: losses.labels, dnll: upstream },
}).map(losses.usable);

/** As the loss itself, with an upstream gradient. */
export const binaryCrossEntropyGrad = casesOf(ops.binaryCrossEntropyGradOp, {
  sizes: losses.selected,
  inputs: { scores: losses.logits, rows: losses.selectedRows, kept: losses.kept, dbce: upstream },
});

/** y = log Σ e^x of each row, rounded to a float. */
export function normalisers({ shape: [M, E], data }: HostTensor): HostTensor {
  const rows = Array.from({ length: M }, (_, m) => Array.from(data.subarray(m * E, (m + 1) * E)));
  const of = (row: number[], top: number) => top + Math.log(row.reduce((sum, value) => sum + Math.exp(value - top), 0));
  return hostTensor([M, 1], rows.map((row) => of(row, Math.max(...row))));
}

/** Router logits with their normalisers, and an upstream gradient. */
export const logSumExpGrad = casesOf(ops.logSumExpGradOp, {
  sizes: { M: size(70), E: losses.width },
  inputs: { x: losses.logits, dy: upstream },
}).map((one) => ({ ...one, inputs: { ...one.inputs, y: normalisers(one.inputs.x) } }));

/** Labels of which some, all or none are scored. */
export const meanGrad = casesOf(ops.meanGradOp, {
  sizes: { M: size(2000) },
  inputs: { labels: losses.scoredLabels, total: losses.total },
});

/** Counts of the rows themselves or of others. */
export const loadBalanceLossGrad = casesOf(ops.loadBalanceLossGradOp, {
  sizes: { M: size(600), E: size(70, 1), k: size(8, 1) },
  inputs: { counts: losses.counts },
});
