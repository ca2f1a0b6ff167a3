/**
 * Losses as forward values: cross-entropy per row, router losses, balance, and the mean over scored rows.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import type { Backend, Tensor } from "../op/op.ts";
import {
  binaryCrossEntropyGrad,
  crossEntropyGrad,
  loadBalanceLossGrad,
  logSumExpGrad,
  meanGrad,
} from "./losses_grad.ts";
import { countChoices } from "./optimizer.ts";

/** nll[m] = logsumexp(logits[m]) − logits[m, labels[m]]; 0 where the label is negative. logits [M, V], labels [M] i32 → nll [M, 1]. */
export const crossEntropyOp = defineOp({
  name: "crossEntropy",
  family: "losses",
  inputs: { logits: "M V", labels: "M i32", "offsets?": "B+1 i32" },
  outputs: { nll: "M 1" },
  refuse: ({ V }) => V === 0 && "logits have no columns",
  vjp: (backend, { inputs: { logits, labels, offsets }, grads: { nll } }) => ({
    logits: () => crossEntropyGrad(backend, { logits, labels, dnll: nll!, offsets }),
  }),
});

/** Applies {@link crossEntropyOp}: logits [M, V], labels [M] → [M, 1]. */
export function crossEntropy<T extends Tensor>(backend: Backend<T>, logits: T, labels: T, offsets?: T): T {
  return backend.run(crossEntropyOp, { logits, labels, offsets }, {}).nll;
}

/**
 * bce[m] = softplus(z) − z·[m ∈ rows]: binary cross-entropy of a router's logit with its own selection (arXiv 2507.10524,
 * auxiliary loss). scores [M, 1], rows [S] i32 ascending with kept [*] ending in their number → bce [M, 1].
 */
export const binaryCrossEntropyOp = defineOp({
  name: "binaryCrossEntropy",
  family: "losses",
  inputs: { scores: "M 1", rows: "S i32", kept: "_+1 i32", "offsets?": "B+1 i32" },
  outputs: { bce: "M 1" },
  vjp: (backend, { inputs: { scores, rows, kept, offsets }, grads: { bce } }) => ({
    scores: () => binaryCrossEntropyGrad(backend, { scores, rows, kept, dbce: bce!, offsets }),
  }),
});

/** Applies {@link binaryCrossEntropyOp}: scores [M, 1] → [M, 1]. */
export const binaryCrossEntropy: Apply<"scores" | "rows" | "kept" | "offsets?", "bce"> = applying(binaryCrossEntropyOp);

/** y[m] = log Σ_e exp(x[m, e]), the normaliser that z-losses square. x [M, E] → y [M, 1]. */
export const logSumExpOp = defineOp({
  name: "logSumExp",
  family: "losses",
  inputs: { x: "M E", "offsets?": "B+1 i32" },
  outputs: { y: "M 1" },
  refuse: ({ E }) => E === 0 && "x has no columns",
  vjp: (backend, { inputs: { x, offsets }, outputs: { y }, grads }) => ({
    x: () => logSumExpGrad(backend, { x, y, dy: grads.y!, offsets }),
  }),
});

/** Applies {@link logSumExpOp}: x [M, E] → [M, 1]. */
export function logSumExp<T extends Tensor>(backend: Backend<T>, x: T, offsets?: T): T {
  return backend.run(logSumExpOp, { x, offsets }, {}).y;
}

/**
 * y = Σ x / total over live rows, those with a negative label left out; 0 where the total is 0.
 *
 * The total is the number of these rows unless given: a part of a batch gives its share of the mean over all parts.
 * x [M, 1], labels [M] i32, total [1] → y [1].
 */
export const meanOp = defineOp({
  name: "mean",
  family: "losses",
  inputs: { x: "M 1", "labels?": "M i32", "offsets?": "B+1 i32", "total?": "1" },
  outputs: { y: "1" },
  vjp: (backend, { inputs: { x, labels, offsets, total }, grads: { y } }) => ({
    x: () => meanGrad(backend, { dy: y!, labels, offsets, total }, { M: x.shape[0] }),
  }),
});

/** Applies {@link meanOp}: x [M, 1] → [1]. */
export function mean<T extends Tensor>(
  backend: Backend<T>,
  x: T,
  options: { labels?: T; offsets?: T; total?: T } = {},
): T {
  return backend.run(meanOp, { x, ...options }, {}).y;
}

/**
 * E·Σ_e f_e·P_e with f_e = counts_e / R, P_e = Σ_m p_me / R over the live rows, R = Σ counts / k rows (Switch
 * Transformer, arXiv 2101.03961; MoR token-choice: f_i = N·share(i)); and how many applications count: 1, or 0 where R is
 * 0. Counts of a whole batch with the probabilities of a part give the part's share of the batch's loss.
 *
 * probs [M, E], counts [E] slots that chose e, k slots a row → loss [1], applications [1].
 */
export const loadBalanceLossOp = defineOp({
  name: "loadBalanceLoss",
  family: "losses",
  inputs: { probs: "M E", counts: "E", "offsets?": "B+1 i32" },
  outputs: { loss: "1", applications: "1" },
  params: { k: "size" },
  refuse: (_, { k }) => k < 1 && `k is ${k}, expected at least 1`,
  vjp: (backend, { inputs: { probs, counts, offsets }, grads: { loss }, params: { k } }) => ({
    probs: () => loadBalanceLossGrad(backend, { counts, dloss: loss!, offsets }, { M: probs.shape[0], k }),
  }),
});

/** Applies {@link loadBalanceLossOp}: probs [M, E], experts [M, k] → loss [1], applications [1]; counts [E] are the experts' own unless given. */
export function loadBalanceLoss<T extends Tensor>(
  backend: Backend<T>,
  { probs, experts, offsets, counts }: { probs: T; experts: T; offsets?: T; counts?: T },
): { loss: T; applications: T } {
  const chosen = counts ?? countChoices(backend, { experts, offsets }, { E: probs.shape[1] });
  return backend.run(loadBalanceLossOp, { probs, counts: chosen, offsets }, { k: experts.shape[1] });
}
