/**
 * RMSNorm and LayerNorm over the width of each row.
 *
 * @module
 */
import { defineOp } from "../op/define.ts";
import { type NormKind, NORMS } from "../op/kinds.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { normGrad, normGradWeight } from "./norm_grad.ts";

/** Which norm, and its ε. */
export interface NormParams {
  /** `rms`: x / √(mean x² + ε) (Zhang & Sennrich 2019). `layer`: (x − mean) / √(variance + ε), without bias. */
  readonly kind: NormKind;
  /** Added to the mean square or the (biased) variance. */
  readonly eps: number;
}

/** y = norm(x) ⊙ weight, row by row. x [M, D], weight [D] → y [M, D]. */
export const normOp = defineOp({
  name: "norm",
  family: "norm",
  inputs: { x: "M D", weight: "D", "offsets?": "B+1 i32" },
  outputs: { y: "M D" },
  params: { kind: NORMS, eps: "number" },
  vjp: (backend, { inputs: { x, weight, offsets }, grads, params }) => {
    const dy = grads.y!;
    return {
      x: () => normGrad(backend, { x, weight, dy, offsets }, params),
      weight: () => normGradWeight(backend, { x, dy, offsets }, params),
    };
  },
});

/** Applies {@link normOp}: x [M, D], weight [D] → [M, D]. */
export function norm<T extends Tensor>(backend: Backend<T>, x: T, weight: T, params: NormParams, offsets?: T): T {
  return backend.run(normOp, { x, weight, offsets }, params).y;
}
