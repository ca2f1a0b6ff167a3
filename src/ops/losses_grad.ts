/**
 * Derivatives of losses.
 *
 * @module
 */
import { applying, defineOp } from "../op/define.ts";

/** dlogits = (softmax(logits) − onehot(label))·dnll; 0 where the label is negative. logits [M, V], labels [M] i32, dnll [M, 1] → [M, V]. */
export const crossEntropyGradOp = defineOp({
  name: "crossEntropyGrad",
  family: "losses_grad",
  inputs: { logits: "M V", labels: "M i32", dnll: "M 1", "offsets?": "B+1 i32" },
  outputs: { dlogits: "M V" },
});

/** Applies {@link crossEntropyGradOp}: → [M, V]. */
export const crossEntropyGrad = applying(crossEntropyGradOp);

/** dscores[m] = (σ(z) − [m ∈ rows])·dbce[m]. scores, dbce [M, 1], rows [S] i32 ascending, kept ends in their number → [M, 1]. */
export const binaryCrossEntropyGradOp = defineOp({
  name: "binaryCrossEntropyGrad",
  family: "losses_grad",
  inputs: { scores: "M 1", rows: "S i32", kept: "_+1 i32", dbce: "M 1", "offsets?": "B+1 i32" },
  outputs: { dscores: "M 1" },
});

/** Applies {@link binaryCrossEntropyGradOp}: → [M, 1]. */
export const binaryCrossEntropyGrad = applying(binaryCrossEntropyGradOp);

/** dx[m] = softmax(x[m])·dy[m], with y = logSumExp(x). x [M, E], y, dy [M, 1] → dx [M, E]. */
export const logSumExpGradOp = defineOp({
  name: "logSumExpGrad",
  family: "losses_grad",
  inputs: { x: "M E", y: "M 1", dy: "M 1", "offsets?": "B+1 i32" },
  outputs: { dx: "M E" },
});

/** Applies {@link logSumExpGradOp}: → [M, E]. */
export const logSumExpGrad = applying(logSumExpGradOp);

/**
 * dx[m] = dy / total for the scored rows, 0 for live rows with a negative label; the total is their number unless given.
 *
 * dy [1], labels [M] i32, total [1] → dx [M, 1].
 */
export const meanGradOp = defineOp({
  name: "meanGrad",
  family: "losses_grad",
  inputs: { dy: "1", "labels?": "M i32", "offsets?": "B+1 i32", "total?": "1" },
  outputs: { dx: "M 1" },
  params: { M: "size" },
});

/** Applies {@link meanGradOp}: dy [1] → [M, 1]. */
export const meanGrad = applying(meanGradOp);

/** Rows of the probabilities, M, and slots of a row, k. */
export interface LoadBalanceLossGradParams {
  /** Rows. */
  readonly M: number;
  /** Slots a row. */
  readonly k: number;
}

/** dprobs[m, e] = dloss·E·counts_e/R², R = Σ counts / k; 0 where R is 0. counts [E], dloss [1] → dprobs [M, E]. */
export const loadBalanceLossGradOp = defineOp({
  name: "loadBalanceLossGrad",
  family: "losses_grad",
  inputs: { counts: "E", dloss: "1", "offsets?": "B+1 i32" },
  outputs: { dprobs: "M E" },
  params: { M: "size", k: "size" },
  refuse: (_, { k }) => k < 1 && `k is ${k}, expected at least 1`,
});

/** Applies {@link loadBalanceLossGradOp}: → [M, E]. */
export const loadBalanceLossGrad = applying(loadBalanceLossGradOp);
