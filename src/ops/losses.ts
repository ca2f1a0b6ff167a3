/**
 * Losses as forward values: cross-entropy per row, router losses, balance, and the mean over scored rows.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op.ts";
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

/** y = mean of x over live rows, those with a negative label left out; 0 without rows. x [M, 1], labels [M] i32 → y [1]. */
export const meanOp: Op<"x" | "labels?" | "offsets?", "y", Record<never, never>> = defineOp({
  name: "mean",
  family: "losses",
  inputs: ["x", "labels?", "offsets?"],
  outputs: ["y"],
  infer({ x, labels, offsets }) {
    requireShape("mean", "x", x, [undefined, 1]);
    if (labels) requireShape("mean", "labels", labels, [x.shape[0]], "i32");
    requireOffsets("mean", offsets);
    return { y: spec([1]) };
  },
  vjp: (backend, { inputs: { x, labels, offsets }, grads: { y } }) => ({
    x: () => meanGrad(backend, { dy: y!, labels, offsets }, x.shape[0]),
  }),
});

/** Applies {@link meanOp}: x [M, 1] → [1]. */
export function mean<T extends Tensor>(backend: Backend<T>, x: T, options: { labels?: T; offsets?: T } = {}): T {
  return backend.run(meanOp, { x, ...options }, {}).y;
}

/**
 * E·Σ_e f_e·P_e with f_e = chosen slots per row of e and P_e = mean p_e over the live rows (Switch Transformer, arXiv
 * 2101.03961; MoR token-choice: f_i = N·share(i)); and how many applications count: 1, or 0 without rows.
 *
 * probs [M, E], experts [M, k] i32 → loss [1], applications [1].
 */
export const balanceOp: Op<"probs" | "experts" | "offsets?", "loss" | "applications", Record<never, never>> = defineOp({
  name: "balance",
  family: "losses",
  inputs: ["probs", "experts", "offsets?"],
  outputs: ["loss", "applications"],
  infer({ probs, experts, offsets }) {
    requireShape("balance", "probs", probs, [undefined, undefined]);
    requireShape("balance", "experts", experts, [probs.shape[0], undefined], "i32");
    requireOffsets("balance", offsets);
    return { loss: spec([1]), applications: spec([1]) };
  },
  vjp: (backend, { inputs: { probs, experts, offsets }, grads: { loss } }) => ({
    probs: () => balanceGrad(backend, { experts, dloss: loss!, offsets }, probs.shape[1]),
  }),
});

/** Applies {@link balanceOp}: probs [M, E], experts [M, k] → loss [1], applications [1]. */
export function balance<T extends Tensor>(
  backend: Backend<T>,
  inputs: { probs: T; experts: T; offsets?: T },
): { loss: T; applications: T } {
  return backend.run(balanceOp, inputs, {});
}
