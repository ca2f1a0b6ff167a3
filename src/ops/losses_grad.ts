/**
 * Derivatives of losses.
 *
 * @module
 */
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op.ts";

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

/** dx[m] = dy / count for the scored rows, 0 for live rows with a negative label. dy [1], labels [M] i32 → dx [M, 1]. */
export const meanGradOp: Op<"dy" | "labels?" | "offsets?", "dx", { readonly M: number }> = defineOp({
  name: "meanGrad",
  family: "losses_grad",
  inputs: ["dy", "labels?", "offsets?"],
  outputs: ["dx"],
  infer({ dy, labels, offsets }, { M }: { readonly M: number }) {
    requireShape("meanGrad", "dy", dy, [1]);
    if (labels) requireShape("meanGrad", "labels", labels, [M], "i32");
    requireOffsets("meanGrad", offsets);
    return { dx: spec([M, 1]) };
  },
});

/** Applies {@link meanGradOp}: dy [1] → [M, 1]. */
export function meanGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { dy: T; labels?: T; offsets?: T },
  M: number,
): T {
  return backend.run(meanGradOp, inputs, { M }).dx;
}

/** dprobs[m, e] = dloss·E·(rows that chose e, counted by slot)/rows². experts [M, k] i32 below E, dloss [1] → dprobs [M, E]. */
export const balanceGradOp: Op<"experts" | "dloss" | "offsets?", "dprobs", { readonly E: number }> = defineOp({
  name: "balanceGrad",
  family: "losses_grad",
  inputs: ["experts", "dloss", "offsets?"],
  outputs: ["dprobs"],
  infer({ experts, dloss, offsets }, { E }: { readonly E: number }) {
    requireShape("balanceGrad", "experts", experts, [undefined, undefined], "i32");
    requireShape("balanceGrad", "dloss", dloss, [1]);
    requireOffsets("balanceGrad", offsets);
    return { dprobs: spec([experts.shape[0], E]) };
  },
});

/** Applies {@link balanceGradOp}: → [M, E]. */
export function balanceGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { experts: T; dloss: T; offsets?: T },
  E: number,
): T {
  return backend.run(balanceGradOp, inputs, { E }).dprobs;
}
