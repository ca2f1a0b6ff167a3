/**
 * Which rows enter a recursion: order-preserving selection with a count that stays on the device.
 *
 * @module
 */
import { defineOp } from "../op/define.ts";
import type { Backend, Tensor } from "../op/op.ts";

/** A list of chosen rows. */
export interface Selection<T> {
  /** Row numbers, ascending, [S] i32; from `kept[B]` on unspecified. */
  readonly rows: T;
  /** Where each sequence's chosen rows start, [B+1] i32. */
  readonly kept: T;
}

/**
 * The capacity[b] highest scores of every sequence, ties to the lower row, listed in ascending order of row.
 *
 * Expert-choice routing as in training (Mixture-of-Recursions, arXiv 2507.10524, §2.2.1). scores [M, 1], offsets [B+1],
 * capacity [B] i32 (a sequence with fewer rows keeps them all) → rows [limit] i32, kept [B+1] i32. `limit` is a static
 * bound on Σ capacity; rows beyond it are dropped.
 */
export const selectTopKOp = defineOp({
  name: "selectTopK",
  family: "select",
  inputs: { scores: "M 1", offsets: "B+1 i32", capacity: "B i32" },
  outputs: { rows: "S i32", kept: "B+1 i32" },
  params: { limit: "size" },
  axes: ({ limit }) => ({ S: limit }),
});

/** Applies {@link selectTopKOp}: scores [M, 1] → rows [limit], kept [B+1]. */
export function selectTopK<T extends Tensor>(
  backend: Backend<T>,
  inputs: { scores: T; offsets: T; capacity: T },
  limit: number,
): Selection<T> {
  return backend.run(selectTopKOp, inputs, { limit });
}

/**
 * Every row whose score is at least the threshold, in ascending order.
 *
 * Causal expert-choice (threshold 0 on the router's logit) and token-choice (threshold r on the chosen depth). scores
 * [M, 1] or [M] f32 or i32, offsets [B+1] → rows [M] i32, kept [B+1] i32.
 */
export const selectThresholdOp = defineOp({
  name: "selectThreshold",
  family: "select",
  inputs: { scores: "M 1? any", offsets: "B+1 i32" },
  outputs: { rows: "M i32", kept: "B+1 i32" },
  params: { threshold: "number" },
});

/** Applies {@link selectThresholdOp}: scores [M, 1] → rows [M], kept [B+1]. */
export function selectThreshold<T extends Tensor>(
  backend: Backend<T>,
  inputs: { scores: T; offsets: T },
  threshold: number,
): Selection<T> {
  return backend.run(selectThresholdOp, inputs, { threshold });
}
