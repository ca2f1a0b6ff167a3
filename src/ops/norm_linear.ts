/**
 * Norm and projection in one: what a layer begins its two halves with.
 *
 * A backend that has no faster way runs the parts, and so does a tape.
 *
 * @module
 */
import { GATED, NORMS } from "../op/kinds.ts";
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { gatedUnit, type GateKind } from "./activation.ts";
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
  readonly unit: GateKind;
}

/** Throws unless rows x [M, D] can be normed by `weight` [D] and multiplied with w [any, D]. */
function requireNormed(
  op: string,
  { x, weight, w, offsets }: Record<"x" | "weight" | "w", Tensor> & { offsets?: Tensor },
) {
  requireShape(op, "x", x, [undefined, undefined]);
  const D = x.shape[1];
  requireShape(op, "weight", weight, [D]);
  requireShape(op, "w", w, [undefined, D]);
  requireOffsets(op, offsets);
}

/**
 * y = norm(x)·wᵀ over rows [from, to) of w: {@link norm}, then {@link linear}.
 *
 * x [M, D], weight [D] (of the norm), w [≥to, D] → y [M, to − from].
 */
export const normLinearOp: Op<"x" | "weight" | "w" | "offsets?", "y", NormLinearParams> = defineOp({
  name: "normLinear",
  family: "norm_linear",
  inputs: ["x", "weight", "w", "offsets?"],
  outputs: ["y"],
  choices: { kind: NORMS },
  infer({ x, weight, w, offsets }, { from, to }: NormLinearParams) {
    requireNormed("normLinear", { x, weight, w, offsets });
    const rows = w.shape[0];
    demand("normLinear", 0 <= from && from <= to && to <= rows, () => `rows ${from}..${to} are not inside w's ${rows}`);
    return { y: spec([x.shape[0], to - from]) };
  },
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
export const normGatedOp: Op<"x" | "weight" | "w" | "offsets?", "y", NormGatedParams> = defineOp({
  name: "normGated",
  family: "norm_linear",
  inputs: ["x", "weight", "w", "offsets?"],
  outputs: ["y"],
  choices: { kind: NORMS, unit: GATED },
  infer({ x, weight, w, offsets }) {
    requireNormed("normGated", { x, weight, w, offsets });
    demand("normGated", w.shape[0] % 2 === 0, () => `w has ${w.shape[0]} rows, which do not halve`);
    return { y: spec([x.shape[0], w.shape[0] / 2]) };
  },
  compose: (backend, { x, weight, w, offsets }, { norm, unit }) => ({
    y: gatedUnit(backend, normLinear(backend, { x, weight, w, offsets }, norm), unit, offsets),
  }),
});

/** Applies {@link normGatedOp}: x [M, D], weight [D], w [2F, D] → [M, F]. */
export function normGated<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; weight: T; w: T; offsets?: T },
  params: NormGatedParams,
): T {
  return backend.run(normGatedOp, inputs, params).y;
}
