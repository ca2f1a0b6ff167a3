/**
 * Pooling: one vector a sequence.
 *
 * @module
 */
import { defineOp } from "../op/define.ts";
import { type Pooling, POOLINGS } from "../op/kinds.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { poolGrad } from "./pool_grad.ts";

/** How n rows x₀ … xₙ₋₁ become one vector. */
export interface PoolParams {
  /**
   * `mean`: Σ xᵢ/n. `first`, `last`: x₀, xₙ₋₁. `max`: the greatest of each column. `mean_sqrt_len`: Σ xᵢ/√n.
   * `weighted_mean`: Σ (i+1)·xᵢ / Σ (i+1).
   */
  readonly kind: Pooling;
  /** Whether the vector is divided by its Euclidean norm. */
  readonly normalize: boolean;
}

/**
 * y[b] = pool of the rows of sequence b; an empty sequence gives zeros, and so does a zero vector that is normalised.
 *
 * A vector of any size is normalised: it is scaled by a power of two first. x [M, D], offsets [B+1] → y [B, D].
 */
export const poolOp = defineOp({
  name: "pool",
  family: "pool",
  inputs: { x: "M D", offsets: "B+1 i32" },
  outputs: { y: "B D" },
  params: { kind: POOLINGS, normalize: "boolean" },
  vjp: (backend, { inputs: { x, offsets }, grads: { y }, params }) => ({
    x: () => poolGrad(backend, { x, dy: y!, offsets }, params),
  }),
});

/** Applies {@link poolOp}: x [M, D], offsets [B+1] → [B, D]. */
export function pool<T extends Tensor>(backend: Backend<T>, x: T, offsets: T, { kind, normalize }: PoolParams): T {
  return backend.run(poolOp, { x, offsets }, { kind, normalize }).y;
}
