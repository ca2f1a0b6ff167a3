/**
 * Updates of a training step, in place: AdamW, clipping by the global norm, averages of weights, balance without a loss.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import { type Backend, type PartsBackend, sizeOf, type Tensor } from "../op/op.ts";
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
export const adamWOp = defineOp({
  name: "adamW",
  family: "optimizer",
  inputs: { p: "...", m: "...", v: "...", g: "...", squares: "1", rates: "3" },
  outputs: { p: "...", m: "...", v: "..." },
  params: { beta1: "number", beta2: "number", eps: "number", decay: "number", clip: "number" },
  parts: elementwise("p", "m", "v", "g"),
});

/** Applies {@link adamWOp}. */
export const adamW: Apply<"p" | "m" | "v" | "g" | "squares" | "rates", "p" | "m" | "v", AdamWParams> = applying(
  adamWOp,
);

/**
 * y = carry + Σ x², over all elements; deterministic, in at least 128 partial sums, which bounds the error of long ones.
 *
 * x of any shape, carry [1] (0 unless given) → y [1]. Where an element is not finite, or its square is not, y is not; squares
 * below 2⁻¹²⁶ may count as 0, which changes no gradient that is clipped at a norm of 2⁻⁴⁰ or more.
 */
export const sumSquaresOp = defineOp({
  name: "sumSquares",
  family: "optimizer",
  inputs: { x: "...", "carry?": "1" },
  outputs: { y: "1" },
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
export const emaOp = defineOp({
  name: "ema",
  family: "optimizer",
  inputs: { average: "...", p: "...", squares: "1" },
  outputs: { average: "..." },
  params: { decay: "number" },
  parts: elementwise("average", "p"),
});

/** Applies {@link emaOp}. */
export const ema: Apply<"average" | "p" | "squares", "average", { readonly decay: number }> = applying(emaOp);

/** list[at] ← x, in place: how a replayed program leaves a line in a log. list [I, D], x of D elements, at [1] i32 in 0..I−1. */
export const storeOp = defineOp({
  name: "store",
  family: "optimizer",
  inputs: { list: "I D", x: "...", at: "1 i32" },
  outputs: { list: "I D" },
  refuse: ({ D }, _, { x }) => sizeOf(x.shape) !== D && `x has ${sizeOf(x.shape)} elements, list has ${D} columns`,
});

/** Applies {@link storeOp}. */
export const store: Apply<"list" | "x" | "at", "list"> = applying(storeOp);

/**
 * counts_e = slots of live rows that chose e: experts [M, k] i32 → counts [E].
 *
 * Whole numbers, exact up to 2²⁴, so that those of several microbatches can be added.
 */
export const countChoicesOp = defineOp({
  name: "countChoices",
  family: "optimizer",
  inputs: { experts: "M k i32", "offsets?": "B+1 i32" },
  outputs: { counts: "E" },
  params: { E: "size" },
});

/** Applies {@link countChoicesOp}: → [E]. */
export const countChoices: Apply<"experts" | "offsets?", "counts", { readonly E: number }> = applying(countChoicesOp);

/**
 * bias_e ← bias_e + rate·sign(mean count − count_e), in place: balance without a loss (arXiv 2408.15664; MoR token-choice).
 *
 * bias [E], counts [E] of {@link countChoicesOp}. Nothing changes where all counts are equal, or `squares` [1] is not
 * finite, as in {@link adamWOp}.
 */
export const balanceBiasOp = defineOp({
  name: "balanceBias",
  family: "optimizer",
  inputs: { bias: "E", counts: "E", squares: "1" },
  outputs: { bias: "E" },
  params: { rate: "number" },
});

/** Applies {@link balanceBiasOp}. */
export const balanceBias: Apply<"bias" | "counts" | "squares", "bias", { readonly rate: number }> = applying(
  balanceBiasOp,
);
