/**
 * Pooling: one vector a sequence.
 *
 * @module
 */
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op.ts";
import { poolGrad } from "./pool_grad.ts";

/** How rows become one vector. */
export interface PoolParams {
  /** Mean of all rows, or the first, or the last. */
  readonly kind: "mean" | "first" | "last";
  /** Whether the vector is divided by its Euclidean norm. */
  readonly normalize: boolean;
}

/** y[b] = pool of the rows of sequence b; an empty sequence gives zeros. x [M, D], offsets [B+1] → y [B, D]. */
export const poolOp: Op<"x" | "offsets", "y", PoolParams> = defineOp({
  name: "pool",
  family: "pool",
  inputs: ["x", "offsets"],
  outputs: ["y"],
  infer({ x, offsets }) {
    requireShape("pool", "x", x, [undefined, undefined]);
    requireOffsets("pool", offsets);
    return { y: spec([offsets.shape[0] - 1, x.shape[1]]) };
  },
  vjp: (backend, { inputs: { x, offsets }, grads: { y }, params }) => ({
    x: () => poolGrad(backend, { x, dy: y!, offsets }, params),
  }),
});

/** Applies {@link poolOp}: x [M, D], offsets [B+1] → [B, D]. */
export function pool<T extends Tensor>(backend: Backend<T>, x: T, offsets: T, { kind, normalize }: PoolParams): T {
  return backend.run(poolOp, { x, offsets }, { kind, normalize }).y;
}
