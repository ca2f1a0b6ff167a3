/**
 * Losses as forward values: cross-entropy per row, router losses, balance, and the mean over scored rows.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { countChoices } from "./optimizer.ts";
import { balanceGrad, binaryCrossEntropyGrad, crossEntropyGrad, logSumExpGrad, meanGrad } from "./losses_grad.ts";

/** nll[m] = logsumexp(logits[m]) − logits[m, labels[m]]; 0 where the label is negative. logits [M, V], labels [M] i32 → nll [M, 1]. */
export const crossEntropyOp: Op<"logits" | "labels" | "offsets?", "nll", Record<never, never>> = defineOp({
  name: "crossEntropy",
  family: "losses",
  inputs: ["logits", "labels", "offsets?"],
  outputs: ["nll"],
  infer({ logits, labels, offsets }) {
    requireShape("crossEntropy", "logits", logits, [undefined, undefined]);
    demand("crossEntropy", logits.shape[1] > 0, () => "logits have no columns");
    requireShape("crossEntropy", "labels", labels, [logits.shape[0]], "i32");
    requireOffsets("crossEntropy", offsets);
    return { nll: spec([logits.shape[0], 1]) };
  },
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
export const binaryCrossEntropyOp: Op<"scores" | "rows" | "kept" | "offsets?", "bce", Record<never, never>> = defineOp({
  name: "binaryCrossEntropy",
  family: "losses",
  inputs: ["scores", "rows", "kept", "offsets?"],
  outputs: ["bce"],
  infer({ scores, rows, kept, offsets }) {
    requireShape("binaryCrossEntropy", "scores", scores, [undefined, 1]);
    requireShape("binaryCrossEntropy", "rows", rows, [undefined], "i32");
    requireOffsets("binaryCrossEntropy", kept, "kept");
    requireOffsets("binaryCrossEntropy", offsets);
    return { bce: spec(scores.shape) };
  },
  vjp: (backend, { inputs: { scores, rows, kept, offsets }, grads: { bce } }) => ({
    scores: () => binaryCrossEntropyGrad(backend, { scores, rows, kept, dbce: bce!, offsets }),
  }),
});

/** Applies {@link binaryCrossEntropyOp}: scores [M, 1] → [M, 1]. */
export function binaryCrossEntropy<T extends Tensor>(
  backend: Backend<T>,
  inputs: { scores: T; rows: T; kept: T; offsets?: T },
): T {
  return backend.run(binaryCrossEntropyOp, inputs, {}).bce;
}

/** y[m] = log Σ_e exp(x[m, e]), the normaliser that z-losses square. x [M, E] → y [M, 1]. */
export const logSumExpOp: Op<"x" | "offsets?", "y", Record<never, never>> = defineOp({
  name: "logSumExp",
  family: "losses",
  inputs: ["x", "offsets?"],
  outputs: ["y"],
  infer({ x, offsets }) {
    requireShape("logSumExp", "x", x, [undefined, undefined]);
    demand("logSumExp", x.shape[1] > 0, () => "x has no columns");
    requireOffsets("logSumExp", offsets);
    return { y: spec([x.shape[0], 1]) };
  },
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
export const meanOp: Op<"x" | "labels?" | "offsets?" | "total?", "y", Record<never, never>> = defineOp({
  name: "mean",
  family: "losses",
  inputs: ["x", "labels?", "offsets?", "total?"],
  outputs: ["y"],
  infer({ x, labels, offsets, total }) {
    requireShape("mean", "x", x, [undefined, 1]);
    if (labels) requireShape("mean", "labels", labels, [x.shape[0]], "i32");
    requireOffsets("mean", offsets);
    if (total) requireShape("mean", "total", total, [1]);
    return { y: spec([1]) };
  },
  vjp: (backend, { inputs: { x, labels, offsets, total }, grads: { y } }) => ({
    x: () => meanGrad(backend, { dy: y!, labels, offsets, total }, x.shape[0]),
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
export const balanceOp: Op<
  "probs" | "counts" | "offsets?",
  "loss" | "applications",
  { readonly k: number }
> = defineOp({
  name: "balance",
  family: "losses",
  inputs: ["probs", "counts", "offsets?"],
  outputs: ["loss", "applications"],
  infer({ probs, counts, offsets }, { k }: { readonly k: number }) {
    requireShape("balance", "probs", probs, [undefined, undefined]);
    requireShape("balance", "counts", counts, [probs.shape[1]]);
    requireOffsets("balance", offsets);
    demand("balance", k >= 1, () => `k is ${k}, expected at least 1`);
    return { loss: spec([1]), applications: spec([1]) };
  },
  vjp: (backend, { inputs: { probs, counts, offsets }, grads: { loss }, params: { k } }) => ({
    probs: () => balanceGrad(backend, { counts, dloss: loss!, offsets }, { M: probs.shape[0], k }),
  }),
});

/** Applies {@link balanceOp}: probs [M, E], experts [M, k] → loss [1], applications [1]; counts [E] are the experts' own unless given. */
export function balance<T extends Tensor>(
  backend: Backend<T>,
  { probs, experts, offsets, counts }: { probs: T; experts: T; offsets?: T; counts?: T },
): { loss: T; applications: T } {
  const chosen = counts ?? countChoices(backend, { experts, offsets }, probs.shape[1]);
  return backend.run(balanceOp, { probs, counts: chosen, offsets }, { k: experts.shape[1] });
}
