/**
 * RMSNorm and LayerNorm over the width of each row.
 *
 * @module
 */
import { NORMS } from "../op/kinds.ts";
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import { normGrad, normGradWeight } from "./norm_grad.ts";

/** Which norm, and its ε. */
export interface NormParams {
  /** `rms`: x / √(mean x² + ε) (Zhang & Sennrich 2019). `layer`: (x − mean) / √(variance + ε), without bias. */
  readonly kind: typeof NORMS[number];
  /** Added to the mean square or the (biased) variance. */
  readonly eps: number;
}

/** y = norm(x) ⊙ weight, row by row. x [M, D], weight [D] → y [M, D]. */
export const normOp: Op<"x" | "weight" | "offsets?", "y", NormParams> = defineOp({
  name: "norm",
  family: "norm",
  inputs: ["x", "weight", "offsets?"],
  outputs: ["y"],
  choices: { kind: NORMS },
  infer({ x, weight, offsets }) {
    requireShape("norm", "x", x, [undefined, undefined]);
    requireShape("norm", "weight", weight, [x.shape[1]]);
    requireOffsets("norm", offsets);
    return { y: spec(x.shape) };
  },
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
