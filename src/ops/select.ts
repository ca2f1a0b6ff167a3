/**
 * Which rows enter a recursion: order-preserving selection with a count that stays on the device.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";

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
export const selectTopKOp: Op<
  "scores" | "offsets" | "capacity",
  "rows" | "kept",
  { readonly limit: number }
> = defineOp({
  name: "selectTopK",
  family: "select",
  inputs: ["scores", "offsets", "capacity"],
  outputs: ["rows", "kept"],
  infer({ scores, offsets, capacity }, { limit }: { readonly limit: number }) {
    requireShape("selectTopK", "scores", scores, [undefined, 1]);
    requireOffsets("selectTopK", offsets);
    requireShape("selectTopK", "capacity", capacity, [offsets.shape[0] - 1], "i32");
    demand("selectTopK", limit >= 0, () => `limit ${limit} is negative`);
    return { rows: spec([limit], "i32"), kept: spec(offsets.shape, "i32") };
  },
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
export const selectThresholdOp: Op<
  "scores" | "offsets",
  "rows" | "kept",
  { readonly threshold: number }
> = defineOp({
  name: "selectThreshold",
  family: "select",
  inputs: ["scores", "offsets"],
  outputs: ["rows", "kept"],
  infer({ scores, offsets }) {
    const flat = scores.shape.length === 1;
    requireShape("selectThreshold", "scores", scores, flat ? [undefined] : [undefined, 1], scores.dtype);
    requireOffsets("selectThreshold", offsets);
    return { rows: spec([scores.shape[0]], "i32"), kept: spec(offsets.shape, "i32") };
  },
});

/** Applies {@link selectThresholdOp}: scores [M, 1] → rows [M], kept [B+1]. */
export function selectThreshold<T extends Tensor>(
  backend: Backend<T>,
  inputs: { scores: T; offsets: T },
  threshold: number,
): Selection<T> {
  return backend.run(selectThresholdOp, inputs, { threshold });
}
