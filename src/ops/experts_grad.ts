/**
 * Derivatives of the mixture of LoRAs, from a few parts: products with a chosen expert's matrix from the other side, sums of
 * outer products per expert, and weighted sums over a row's chosen experts (slots).
 *
 * @module
 */
import { GATED } from "../op/kinds.ts";
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import type { LoraGatedUnitParams } from "./experts.ts";

/** A factor on the result. */
export interface Scale {
  /** The factor, 1 or the LoRA scale s = alpha / rank. */
  readonly scale: number;
}

/**
 * y[m, j] = scale·A_eᵀ·x[m] (or A_eᵀ·x[m, j]) with e = experts[m, j].
 *
 * x [M, P], the same for all chosen experts, or [M, k, P], one each; a [E, P, Q], experts [M, k] i32 → y [M, k, Q].
 */
export const expertTransposedOp: Op<"x" | "a" | "experts" | "offsets?", "y", Scale> = defineOp({
  name: "expertTransposed",
  family: "experts_grad",
  inputs: ["x", "a", "experts", "offsets?"],
  outputs: ["y"],
  infer({ x, a, experts, offsets }) {
    requireShape("expertTransposed", "a", a, [undefined, undefined, undefined]);
    requireShape("expertTransposed", "experts", experts, [undefined, undefined], "i32");
    const [M, k] = experts.shape;
    const [, P, Q] = a.shape;
    requireShape("expertTransposed", "x", x, x.shape.length === 2 ? [M, P] : [M, k, P]);
    requireOffsets("expertTransposed", offsets);
    return { y: spec([M, k, Q]) };
  },
});

/** Applies {@link expertTransposedOp}: x [M, P] or [M, k, P] → [M, k, Q]. */
export function expertTransposed<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; a: T; experts: T; offsets?: T },
  scale = 1,
): T {
  return backend.run(expertTransposedOp, inputs, { scale }).y;
}

/**
 * y[e] = scale·Σ over live rows m and slots j with experts[m, j] = e of x[m, j]·y[m, j]ᵀ: the gradient of an expert's matrix.
 *
 * x [M, P] or [M, k, P], y [M, Q] or [M, k, Q], experts [M, k] i32 below E → out [E, P, Q].
 */
export const expertOuterOp: Op<"x" | "y" | "experts" | "offsets?", "out", Scale & { readonly E: number }> = defineOp({
  name: "expertOuter",
  family: "experts_grad",
  inputs: ["x", "y", "experts", "offsets?"],
  outputs: ["out"],
  infer({ x, y, experts, offsets }, { E }: Scale & { readonly E: number }) {
    requireShape("expertOuter", "experts", experts, [undefined, undefined], "i32");
    const [M, k] = experts.shape;
    for (const [name, tensor] of [["x", x], ["y", y]] as const) {
      requireShape("expertOuter", name, tensor, tensor.shape.length === 2 ? [M, undefined] : [M, k, undefined]);
    }
    requireOffsets("expertOuter", offsets);
    return { out: spec([E, x.shape.at(-1)!, y.shape.at(-1)!]) };
  },
});

/** Applies {@link expertOuterOp}: → [E, P, Q]. */
export function expertOuter<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; y: T; experts: T; offsets?: T },
  { E, scale = 1 }: { E: number; scale?: number },
): T {
  return backend.run(expertOuterOp, inputs, { E, scale }).out;
}

/** y[m, j] = weights[m, j]·x[m] (or ·x[m, j]). x [M, F] or [M, k, F], weights [M, k] → y [M, k, F]. */
export const weightSlotsOp: Op<"x" | "weights" | "offsets?", "y", Record<never, never>> = defineOp({
  name: "weightSlots",
  family: "experts_grad",
  inputs: ["x", "weights", "offsets?"],
  outputs: ["y"],
  infer({ x, weights, offsets }) {
    requireShape("weightSlots", "weights", weights, [undefined, undefined]);
    const [M, k] = weights.shape;
    requireShape("weightSlots", "x", x, x.shape.length === 2 ? [M, undefined] : [M, k, undefined]);
    requireOffsets("weightSlots", offsets);
    return { y: spec([M, k, x.shape.at(-1)!]) };
  },
});

/** Applies {@link weightSlotsOp}: → [M, k, F]. */
export function weightSlots<T extends Tensor>(backend: Backend<T>, x: T, weights: T, offsets?: T): T {
  return backend.run(weightSlotsOp, { x, weights, offsets }, {}).y;
}

/** y[m] = Σ_j x[m, j]. x [M, k, F] → y [M, F]. */
export const sumSlotsOp: Op<"x" | "offsets?", "y", Record<never, never>> = defineOp({
  name: "sumSlots",
  family: "experts_grad",
  inputs: ["x", "offsets?"],
  outputs: ["y"],
  infer({ x, offsets }) {
    requireShape("sumSlots", "x", x, [undefined, undefined, undefined]);
    requireOffsets("sumSlots", offsets);
    return { y: spec([x.shape[0], x.shape[2]]) };
  },
});

/** Applies {@link sumSlotsOp}: [M, k, F] → [M, F]. */
export function sumSlots<T extends Tensor>(backend: Backend<T>, x: T, offsets?: T): T {
  return backend.run(sumSlotsOp, { x, offsets }, {}).y;
}

/** y[m, j] = Σ_f a[m, j, f]·b[m, f] (or b[m, j, f]). a [M, k, F], b [M, F] or [M, k, F] → y [M, k]. */
export const dotSlotsOp: Op<"a" | "b" | "offsets?", "y", Record<never, never>> = defineOp({
  name: "dotSlots",
  family: "experts_grad",
  inputs: ["a", "b", "offsets?"],
  outputs: ["y"],
  infer({ a, b, offsets }) {
    requireShape("dotSlots", "a", a, [undefined, undefined, undefined]);
    const [M, k, F] = a.shape;
    requireShape("dotSlots", "b", b, b.shape.length === 2 ? [M, F] : a.shape);
    requireOffsets("dotSlots", offsets);
    return { y: spec([M, k]) };
  },
});

/** Applies {@link dotSlotsOp}: → [M, k]. */
export function dotSlots<T extends Tensor>(backend: Backend<T>, a: T, b: T, offsets?: T): T {
  return backend.run(dotSlotsOp, { a, b, offsets }, {}).y;
}

/**
 * The gradient at u_e = u + s·B_e·a_j of every chosen expert: gatedUnit's derivative there, times dz.
 *
 * u [M, 2F], a [M, k, R], b [E, 2F, R], experts [M, k] i32, dz [M, k, F] → dv [M, k, 2F].
 */
export const loraGatedUnitGradOp: Op<
  "u" | "a" | "b" | "experts" | "dz" | "offsets?",
  "dv",
  LoraGatedUnitParams
> = defineOp({
  name: "loraGatedUnitGrad",
  family: "experts_grad",
  inputs: ["u", "a", "b", "experts", "dz", "offsets?"],
  outputs: ["dv"],
  choices: { kind: GATED },
  infer({ u, a, b, experts, dz, offsets }) {
    requireShape("loraGatedUnitGrad", "b", b, [undefined, undefined, undefined]);
    requireShape("loraGatedUnitGrad", "experts", experts, [undefined, undefined], "i32");
    const [M, k] = experts.shape;
    const [, twice, R] = b.shape;
    demand("loraGatedUnitGrad", twice % 2 === 0, () => `b has ${twice} rows an expert, which do not halve`);
    requireShape("loraGatedUnitGrad", "u", u, [M, twice]);
    requireShape("loraGatedUnitGrad", "a", a, [M, k, R]);
    requireShape("loraGatedUnitGrad", "dz", dz, [M, k, twice / 2]);
    requireOffsets("loraGatedUnitGrad", offsets);
    return { dv: spec([M, k, twice]) };
  },
});

/** Applies {@link loraGatedUnitGradOp}: → [M, k, 2F]. */
export function loraGatedUnitGrad<T extends Tensor>(
  backend: Backend<T>,
  inputs: { u: T; a: T; b: T; experts: T; dz: T; offsets?: T },
  { kind, scale }: LoraGatedUnitParams,
): T {
  return backend.run(loraGatedUnitGradOp, inputs, { kind, scale }).dv;
}
