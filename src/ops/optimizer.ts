/**
 * Updates of a training step, in place: AdamW, clipping by the global norm, averages of weights, balance without a loss.
 *
 * @module
 */
import {
  type Backend,
  defineOp,
  demand,
  type Op,
  type PartsBackend,
  requireOffsets,
  requireShape,
  spec,
  type Tensor,
} from "../op/op.ts";
import { elementwise } from "../op/parts.ts";

/** What is fixed for a parameter during a training run. */
export interface AdamWParams {
  /** Decay of the first moment, β₁. */
  readonly beta1: number;
  /** Decay of the second moment, β₂. */
  readonly beta2: number;
  /** ε in the denominator. */
  readonly eps: number;
  /** Decoupled weight decay; 0 for norms and biases. */
  readonly decay: number;
  /** Gradients are scaled down to at most this global norm; 0: never. */
  readonly clip: number;
}

/**
 * AdamW (arXiv 1711.05101) on gradients clipped by their global norm, in place.
 *
 * s = min(1, clip/√squares);  m ← β₁m + (1−β₁)s·g;  v ← β₂v + (1−β₂)(s·g)²;
 * p ← p − lr·(m/c₁ / (√(v/c₂) + ε) + decay·p). Nothing changes where `squares` is not finite: weights stay as they were.
 *
 * p, m, v, g of one shape, squares [1] = Σ g² over all parameters, rates [3] = (lr, c₁, c₂), cᵢ = 1 − βᵢ^step.
 */
export const adamWOp: Op<"p" | "m" | "v" | "g" | "squares" | "rates", "p" | "m" | "v", AdamWParams> = defineOp({
  name: "adamW",
  family: "optimizer",
  inputs: ["p", "m", "v", "g", "squares", "rates"],
  outputs: ["p", "m", "v"],
  inPlace: { p: "p", m: "m", v: "v" },
  infer({ p, m, v, g, squares, rates }) {
    for (const [name, tensor] of Object.entries({ p, m, v, g })) requireShape("adamW", name, tensor, p.shape);
    requireShape("adamW", "squares", squares, [1]);
    requireShape("adamW", "rates", rates, [3]);
    return { p: spec(p.shape), m: spec(p.shape), v: spec(p.shape) };
  },
  parts: { of: ["p", "m", "v", "g"], run: (backend, inputs, params) => elementwise(backend, adamWOp, inputs, params) },
});

/** Applies {@link adamWOp}. */
export function adamW<T extends Tensor>(
  backend: Backend<T>,
  inputs: { p: T; m: T; v: T; g: T; squares: T; rates: T },
  params: AdamWParams,
): void {
  backend.run(adamWOp, inputs, params);
}

/**
 * y = carry + Σ x², over all elements; deterministic, in at least 128 partial sums, which bounds the error of long ones.
 *
 * x of any shape, carry [1] (0 unless given) → y [1]. Where an element is not finite, or its square is not, y is not; squares
 * below 2⁻¹²⁶ may count as 0, which changes no gradient that is clipped at a norm of 2⁻⁴⁰ or more.
 */
export const sumSquaresOp: Op<"x" | "carry?", "y", Record<never, never>> = defineOp({
  name: "sumSquares",
  family: "optimizer",
  inputs: ["x", "carry?"],
  outputs: ["y"],
  infer({ x, carry }) {
    requireShape("sumSquares", "x", x, x.shape);
    if (carry) requireShape("sumSquares", "carry", carry, [1]);
    return { y: spec([1]) };
  },
  parts: {
    of: ["x"],
    run<T extends Tensor>(backend: PartsBackend<T>, { x, carry }: { x: T; carry?: T }) {
      return { y: backend.partsOf(x).reduce<T | undefined>((sum, part) => sumSquares(backend, part, sum), carry)! };
    },
  },
});

/** Applies {@link sumSquaresOp}: → [1]. */
export function sumSquares<T extends Tensor>(backend: Backend<T>, x: T, carry?: T): T {
  return backend.run(sumSquaresOp, { x, carry }, {}).y;
}

/**
 * average ← decay·average + (1 − decay)·p, in place: exponential moving average of weights.
 *
 * Both of one shape; nothing changes where `squares` [1] is not finite, as in {@link adamWOp}.
 */
export const averageOp: Op<"average" | "p" | "squares", "average", { readonly decay: number }> = defineOp({
  name: "average",
  family: "optimizer",
  inputs: ["average", "p", "squares"],
  outputs: ["average"],
  inPlace: { average: "average" },
  infer({ average, p, squares }) {
    requireShape("average", "average", average, average.shape);
    requireShape("average", "p", p, average.shape);
    requireShape("average", "squares", squares, [1]);
    return { average: spec(average.shape) };
  },
  parts: { of: ["average", "p"], run: (backend, inputs, params) => elementwise(backend, averageOp, inputs, params) },
});

/** Applies {@link averageOp}. */
export function average<T extends Tensor>(
  backend: Backend<T>,
  inputs: { average: T; p: T; squares: T },
  decay: number,
): void {
  backend.run(averageOp, inputs, { decay });
}

/** list[at] ← x, in place: how a replayed program leaves a line in a log. list [n, W], x of W elements, at [1] i32 in 0..n−1. */
export const storeOp: Op<"list" | "x" | "at", "list", Record<never, never>> = defineOp({
  name: "store",
  family: "optimizer",
  inputs: ["list", "x", "at"],
  outputs: ["list"],
  inPlace: { list: "list" },
  infer({ list, x, at }) {
    requireShape("store", "list", list, [undefined, undefined]);
    const elements = x.shape.reduce((product, size) => product * size, 1);
    demand("store", elements === list.shape[1], () => `x has ${elements} elements, list has ${list.shape[1]} columns`);
    requireShape("store", "x", x, x.shape);
    requireShape("store", "at", at, [1], "i32");
    return { list: spec(list.shape) };
  },
});

/** Applies {@link storeOp}. */
export function store<T extends Tensor>(backend: Backend<T>, inputs: { list: T; x: T; at: T }): void {
  backend.run(storeOp, inputs, {});
}

/**
 * counts_e = slots of live rows that chose e: experts [M, k] i32 → counts [E].
 *
 * Whole numbers, exact up to 2²⁴, so that those of several microbatches can be added.
 */
export const countChoicesOp: Op<"experts" | "offsets?", "counts", { readonly E: number }> = defineOp({
  name: "countChoices",
  family: "optimizer",
  inputs: ["experts", "offsets?"],
  outputs: ["counts"],
  infer({ experts, offsets }, { E }: { readonly E: number }) {
    requireShape("countChoices", "experts", experts, [undefined, undefined], "i32");
    requireOffsets("countChoices", offsets);
    return { counts: spec([E]) };
  },
});

/** Applies {@link countChoicesOp}: → [E]. */
export function countChoices<T extends Tensor>(
  backend: Backend<T>,
  { experts, offsets }: { experts: T; offsets?: T },
  E: number,
): T {
  return backend.run(countChoicesOp, { experts, offsets }, { E }).counts;
}

/**
 * bias_e ← bias_e + rate·sign(mean count − count_e), in place: balance without a loss (arXiv 2408.15664; MoR token-choice).
 *
 * bias [E], counts [E] of {@link countChoicesOp}. Nothing changes where all counts are equal, or `squares` [1] is not
 * finite, as in {@link adamWOp}.
 */
export const balanceBiasOp: Op<"bias" | "counts" | "squares", "bias", { readonly rate: number }> = defineOp({
  name: "balanceBias",
  family: "optimizer",
  inputs: ["bias", "counts", "squares"],
  outputs: ["bias"],
  inPlace: { bias: "bias" },
  infer({ bias, counts, squares }) {
    requireShape("balanceBias", "bias", bias, [undefined]);
    requireShape("balanceBias", "counts", counts, bias.shape);
    requireShape("balanceBias", "squares", squares, [1]);
    return { bias: spec(bias.shape) };
  },
});

/** Applies {@link balanceBiasOp}. */
export function balanceBias<T extends Tensor>(
  backend: Backend<T>,
  inputs: { bias: T; counts: T; squares: T },
  rate: number,
): void {
  backend.run(balanceBiasOp, inputs, { rate });
}
