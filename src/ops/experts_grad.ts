/**
 * Derivatives of the mixture of LoRAs, from a few parts: products with a chosen expert's matrix from the other side, sums of
 * outer products per expert, and weighted sums over a row's chosen experts (slots).
 *
 * @module
 */
import { applying, defineOp } from "../op/define.ts";
import { GATED } from "../op/kinds.ts";

/** A factor on the result. */
export interface Scale {
  /** The factor, 1 or the LoRA scale s = alpha / rank. */
  readonly scale: number;
}

/**
 * y[m, j] = scale·A_eᵀ·x[m] (or A_eᵀ·x[m, j]) with e = experts[m, j].
 *
 * x [M, O], the same for all chosen experts, or [M, k, O], one each; a [E, O, D], experts [M, k] i32 → y [M, k, D].
 */
export const expertTransposedOp = defineOp({
  name: "expertTransposed",
  family: "experts_grad",
  inputs: { x: "M k? O", a: "E O D", experts: "M k i32", "offsets?": "B+1 i32" },
  outputs: { y: "M k D" },
  params: { scale: "number" },
});

/** Applies {@link expertTransposedOp}: x [M, O] or [M, k, O] → [M, k, D]. */
export const expertTransposed = applying(expertTransposedOp);

/**
 * y[e] = scale·Σ over live rows m and slots j with experts[m, j] = e of x[m, j]·y[m, j]ᵀ: the gradient of an expert's matrix.
 *
 * x [M, O] or [M, k, O], y [M, D] or [M, k, D], experts [M, k] i32 below E → out [E, O, D].
 */
export const expertOuterOp = defineOp({
  name: "expertOuter",
  family: "experts_grad",
  inputs: { x: "M k? O", y: "M k? D", experts: "M k i32", "offsets?": "B+1 i32" },
  outputs: { out: "E O D" },
  params: { E: "size", scale: "number" },
});

/** Applies {@link expertOuterOp}: → [E, O, D]. */
export const expertOuter = applying(expertOuterOp);

/** y[m, j] = weights[m, j]·x[m] (or ·x[m, j]). x [M, D] or [M, k, F], weights [M, k] → y [M, k, F]. */
export const weightSlotsOp = defineOp({
  name: "weightSlots",
  family: "experts_grad",
  inputs: { x: "M k? D", weights: "M k", "offsets?": "B+1 i32" },
  outputs: { y: "M k D" },
});

/** Applies {@link weightSlotsOp}: → [M, k, F]. */
export const weightSlots = applying(weightSlotsOp);

/** y[m] = Σ_j x[m, j]. x [M, k, F] → y [M, D]. */
export const sumSlotsOp = defineOp({
  name: "sumSlots",
  family: "experts_grad",
  inputs: { x: "M k D", "offsets?": "B+1 i32" },
  outputs: { y: "M D" },
});

/** Applies {@link sumSlotsOp}: [M, k, F] → [M, F]. */
export const sumSlots = applying(sumSlotsOp);

/** y[m, j] = Σ_f a[m, j, f]·b[m, f] (or b[m, j, f]). a [M, k, F], b [M, F] or [M, k, F] → y [M, k]. */
export const dotSlotsOp = defineOp({
  name: "dotSlots",
  family: "experts_grad",
  inputs: { a: "M k D", b: "M k? D", "offsets?": "B+1 i32" },
  outputs: { y: "M k" },
});

/** Applies {@link dotSlotsOp}: → [M, k]. */
export const dotSlots = applying(dotSlotsOp);

/**
 * The gradient at u_e = u + s·B_e·a_j of every chosen expert: gatedUnit's derivative there, times dz.
 *
 * u [M, 2F], a [M, k, R], b [E, 2F, R], experts [M, k] i32, dz [M, k, F] → dv [M, k, 2F].
 */
export const loraGatedUnitGradOp = defineOp({
  name: "loraGatedUnitGrad",
  family: "experts_grad",
  inputs: { u: "M 2F", a: "M k R", b: "E 2F R", experts: "M k i32", dz: "M k F", "offsets?": "B+1 i32" },
  outputs: { dv: "M k 2F" },
  params: { kind: GATED, scale: "number" },
});

/** Applies {@link loraGatedUnitGradOp}: → [M, k, 2F]. */
export const loraGatedUnitGrad = applying(loraGatedUnitGradOp);
