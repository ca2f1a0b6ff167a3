/**
 * Norm and projection in one: what a layer begins its two halves with.
 *
 * A backend that has no faster way runs the parts, and so does a tape.
 *
 * @module
 */
import { type Apply, applying, defineFusedOp } from "../op/define.ts";
import { GATED, type GatedKind, NORMS } from "../op/kinds.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { gatedUnit } from "./activation.ts";
import { linear, type LinearParams } from "./linear.ts";
import { norm, type NormParams } from "./norm.ts";

/** A norm, and the rows of the projection's weight. */
export interface NormLinearParams extends LinearParams {
  /** Which norm. */
  readonly norm: NormParams;
}

/** A norm, and the activation of a gated unit. */
export interface NormGatedParams {
  /** Which norm. */
  readonly norm: NormParams;
  /** SwiGLU or GeGLU. */
  readonly unit: GatedKind;
}

/**
 * y = norm(x)·wᵀ over rows [from, to) of w: {@link norm}, then {@link linear}.
 *
 * x [M, D], weight [D] (of the norm), w [W, D] → y [M, to − from].
 */
export const normLinearOp = defineFusedOp({
  name: "normLinear",
  family: "norm_linear",
  inputs: { x: "M D", weight: "D", w: "W D", "offsets?": "B+1 i32" },
  outputs: { y: "M O" },
  params: { norm: { kind: NORMS, eps: "number" }, from: "size", to: "size" },
  axes: ({ from, to }) => ({ O: to - from }),
  refuse: ({ W }, { from, to }) => !(from <= to && to <= W) && `rows ${from}..${to} are not inside w's ${W}`,
  compose: (backend, { x, weight, w, offsets }, { norm: kind, from, to }) => ({
    y: linear(backend, norm(backend, x, weight, kind, offsets), w, { offsets, rows: [from, to] }),
  }),
});

/** Applies {@link normLinearOp}: x [M, D], weight [D], w [O, D] → [M, O], or the columns of some rows of w. */
export function normLinear<T extends Tensor>(
  backend: Backend<T>,
  { rows, ...inputs }: { x: T; weight: T; w: T; offsets?: T; rows?: readonly [from: number, to: number] },
  norm: NormParams,
): T {
  const [from, to] = rows ?? [0, inputs.w.shape[0]];
  return backend.run(normLinearOp, inputs, { norm, from, to }).y;
}

/**
 * y = f(norm(x)·w[:F]ᵀ) ⊙ (norm(x)·w[F:]ᵀ): {@link norm}, {@link linear}, then {@link gatedUnit}.
 *
 * x [M, D], weight [D] (of the norm), w [2F, D] → y [M, F].
 */
export const normGatedOp = defineFusedOp({
  name: "normGated",
  family: "norm_linear",
  inputs: { x: "M D", weight: "D", w: "2F D", "offsets?": "B+1 i32" },
  outputs: { y: "M F" },
  params: { norm: { kind: NORMS, eps: "number" }, unit: GATED },
  compose: (backend, { x, weight, w, offsets }, { norm, unit }) => ({
    y: gatedUnit(backend, normLinear(backend, { x, weight, w, offsets }, norm), unit, offsets),
  }),
});

/** Applies {@link normGatedOp}: x [M, D], weight [D], w [2F, D] → [M, F]. */
export const normGated: Apply<"x" | "weight" | "w" | "offsets?", "y", NormGatedParams> = applying(normGatedOp);
