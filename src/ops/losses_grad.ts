/**
 * Derivatives of losses.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";

/** dlogits = (softmax(logits) − onehot(label))·dnll; 0 where the label is negative. logits [M, V], labels [M] i32, dnll [M, 1] → [M, V]. */
export const crossEntropyGradOp: Op<"logits" | "labels" | "dnll" | "offsets?", "dlogits", Record<never, never>> =
  defineOp({
    name: "crossEntropyGrad",
    family: "losses_grad",
    inputs: ["logits", "labels", "dnll", "offsets?"],
    outputs: ["dlogits"],
    infer({ logits, labels, dnll, offsets }) {
      requireShape("crossEntropyGrad", "logits", logits, [undefined, undefined]);
      requireShape("crossEntropyGrad", "labels", labels, [logits.shape[0]], "i32");
      requireShape("crossEntropyGrad", "dnll", dnll, [logits.shape[0], 1]);
      requireOffsets("crossEntropyGrad", offsets);
      return { dlogits: spec(logits.shape) };
    },
  });

/** Applies {@link crossEntropyGradOp}: → [M, V]. */
export function crossEntropyGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { logits: T; labels: T; dnll: T; offsets?: T },
): T {
  return backend.run(crossEntropyGradOp, inputs, {}).dlogits;
}

/** dscores[m] = (σ(z) − [m ∈ rows])·dbce[m]. scores, dbce [M, 1], rows [S] i32 ascending, kept ends in their number → [M, 1]. */
export const binaryCrossEntropyGradOp: Op<
  "scores" | "rows" | "kept" | "dbce" | "offsets?",
  "dscores",
  Record<never, never>
> = defineOp({
  name: "binaryCrossEntropyGrad",
  family: "losses_grad",
  inputs: ["scores", "rows", "kept", "dbce", "offsets?"],
  outputs: ["dscores"],
  infer({ scores, rows, kept, dbce, offsets }) {
    requireShape("binaryCrossEntropyGrad", "scores", scores, [undefined, 1]);
    requireShape("binaryCrossEntropyGrad", "rows", rows, [undefined], "i32");
    requireShape("binaryCrossEntropyGrad", "dbce", dbce, scores.shape);
    requireOffsets("binaryCrossEntropyGrad", kept, "kept");
    requireOffsets("binaryCrossEntropyGrad", offsets);
    return { dscores: spec(scores.shape) };
  },
});

/** Applies {@link binaryCrossEntropyGradOp}: → [M, 1]. */
export function binaryCrossEntropyGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { scores: T; rows: T; kept: T; dbce: T; offsets?: T },
): T {
  return backend.run(binaryCrossEntropyGradOp, inputs, {}).dscores;
}

/** dx[m] = softmax(x[m])·dy[m], with y = logSumExp(x). x [M, E], y, dy [M, 1] → dx [M, E]. */
export const logSumExpGradOp: Op<"x" | "y" | "dy" | "offsets?", "dx", Record<never, never>> = defineOp({
  name: "logSumExpGrad",
  family: "losses_grad",
  inputs: ["x", "y", "dy", "offsets?"],
  outputs: ["dx"],
  infer({ x, y, dy, offsets }) {
    requireShape("logSumExpGrad", "x", x, [undefined, undefined]);
    requireShape("logSumExpGrad", "y", y, [x.shape[0], 1]);
    requireShape("logSumExpGrad", "dy", dy, [x.shape[0], 1]);
    requireOffsets("logSumExpGrad", offsets);
    return { dx: spec(x.shape) };
  },
});

/** Applies {@link logSumExpGradOp}: → [M, E]. */
export function logSumExpGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; y: T; dy: T; offsets?: T },
): T {
  return backend.run(logSumExpGradOp, inputs, {}).dx;
}

/**
 * dx[m] = dy / total for the scored rows, 0 for live rows with a negative label; the total is their number unless given.
 *
 * dy [1], labels [M] i32, total [1] → dx [M, 1].
 */
export const meanGradOp: Op<"dy" | "labels?" | "offsets?" | "total?", "dx", { readonly M: number }> = defineOp({
  name: "meanGrad",
  family: "losses_grad",
  inputs: ["dy", "labels?", "offsets?", "total?"],
  outputs: ["dx"],
  infer({ dy, labels, offsets, total }, { M }: { readonly M: number }) {
    requireShape("meanGrad", "dy", dy, [1]);
    if (labels) requireShape("meanGrad", "labels", labels, [M], "i32");
    requireOffsets("meanGrad", offsets);
    if (total) requireShape("meanGrad", "total", total, [1]);
    return { dx: spec([M, 1]) };
  },
});

/** Applies {@link meanGradOp}: dy [1] → [M, 1]. */
export function meanGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { dy: T; labels?: T; offsets?: T; total?: T },
  M: number,
): T {
  return backend.run(meanGradOp, inputs, { M }).dx;
}

/** Rows of the probabilities, M, and slots of a row, k. */
export interface BalanceGradParams {
  /** Rows. */
  readonly M: number;
  /** Slots a row. */
  readonly k: number;
}

/** dprobs[m, e] = dloss·E·counts_e/R², R = Σ counts / k; 0 where R is 0. counts [E], dloss [1] → dprobs [M, E]. */
export const balanceGradOp: Op<"counts" | "dloss" | "offsets?", "dprobs", BalanceGradParams> = defineOp({
  name: "balanceGrad",
  family: "losses_grad",
  inputs: ["counts", "dloss", "offsets?"],
  outputs: ["dprobs"],
  infer({ counts, dloss, offsets }, { M, k }: BalanceGradParams) {
    requireShape("balanceGrad", "counts", counts, [undefined]);
    requireShape("balanceGrad", "dloss", dloss, [1]);
    requireOffsets("balanceGrad", offsets);
    demand("balanceGrad", k >= 1, () => `k is ${k}, expected at least 1`);
    return { dprobs: spec([M, counts.shape[0]]) };
  },
});

/** Applies {@link balanceGradOp}: → [M, E]. */
export function balanceGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { counts: T; dloss: T; offsets?: T },
  params: BalanceGradParams,
): T {
  return backend.run(balanceGradOp, inputs, params).dprobs;
}
