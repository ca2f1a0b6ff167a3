/**
 * What a step of decoding leaves for the next one: lengths of caches, depths, counts of tokens.
 *
 * @module
 */
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";

/**
 * lengths[b] = grown[b], in place; 0 where `leading`, the lengths of the whole sequences by now, is 0: those begin anew.
 *
 * lengths [B], grown [B], leading [B], all i32.
 */
export const settleOp: Op<"lengths" | "grown" | "leading?", "lengths", Record<never, never>> = defineOp({
  name: "settle",
  family: "state",
  inputs: ["lengths", "grown", "leading?"],
  outputs: ["lengths"],
  inPlace: { lengths: "lengths" },
  infer({ lengths, grown, leading }) {
    requireShape("settle", "lengths", lengths, [undefined], "i32");
    requireShape("settle", "grown", grown, lengths.shape, "i32");
    if (leading) requireShape("settle", "leading", leading, lengths.shape, "i32");
    return { lengths: spec(lengths.shape, "i32") };
  },
});

/** Applies {@link settleOp}. */
export function settle<T extends Tensor>(backend: Backend<T>, inputs: { lengths: T; grown: T; leading?: T }): void {
  backend.run(settleOp, inputs, {});
}

/**
 * Depth and score of the last row of every sequence, after one more recursion: where that row is rows[s], deeper[b] =
 * depth[b] + 1 and latest[b] = scores[s]; else, and without `scores`, they stay as they are.
 *
 * offsets [B+1] say where sequences start, rows [S] i32 ascending are those that ran, kept [B+1] where each sequence's
 * start among them, scores [S, 1] what let them in; depth [B] f32 (1 unless given), score [B, 1] → deeper [B] f32,
 * latest [B, 1].
 */
export const deepenOp: Op<
  "offsets" | "rows" | "kept" | "scores?" | "depth?" | "score",
  "deeper" | "latest",
  Record<never, never>
> = defineOp({
  name: "deepen",
  family: "state",
  inputs: ["offsets", "rows", "kept", "scores?", "depth?", "score"],
  outputs: ["deeper", "latest"],
  infer({ offsets, rows, kept, scores, depth, score }) {
    requireOffsets("deepen", offsets);
    requireShape("deepen", "rows", rows, [undefined], "i32");
    requireShape("deepen", "kept", kept, offsets.shape, "i32");
    const B = offsets.shape[0] - 1;
    if (scores) requireShape("deepen", "scores", scores, [rows.shape[0], 1]);
    if (depth) requireShape("deepen", "depth", depth, [B]);
    requireShape("deepen", "score", score, [B, 1]);
    return { deeper: spec([B]), latest: spec([B, 1]) };
  },
});

/** Applies {@link deepenOp}: → [B] and [B, 1]. */
export function deepen<T extends Tensor>(
  backend: Backend<T>,
  inputs: { offsets: T; rows: T; kept: T; scores?: T; depth?: T; score: T },
): { depth: T; score: T } {
  const { deeper, latest } = backend.run(deepenOp, inputs, {});
  return { depth: deeper, score: latest };
}

/**
 * Counts tokens: seen[rows[m], ids[m]] += 1, in place, where ids[m] is a token; an id below 0 is none.
 *
 * seen [B, V] i32, ids [M] i32 below V, rows [M] i32 distinct (every row in turn unless given; then M = B); offsets end with
 * the number of live entries.
 */
export const countOp: Op<"seen" | "ids" | "rows?" | "offsets?", "seen", Record<never, never>> = defineOp({
  name: "count",
  family: "state",
  inputs: ["seen", "ids", "rows?", "offsets?"],
  outputs: ["seen"],
  inPlace: { seen: "seen" },
  infer({ seen, ids, rows, offsets }) {
    requireShape("count", "seen", seen, [undefined, undefined], "i32");
    requireShape("count", "ids", ids, [rows ? undefined : seen.shape[0]], "i32");
    if (rows) requireShape("count", "rows", rows, ids.shape, "i32");
    requireOffsets("count", offsets);
    return { seen: spec(seen.shape, "i32") };
  },
});

/** Applies {@link countOp}. */
export function count<T extends Tensor>(
  backend: Backend<T>,
  inputs: { seen: T; ids: T; rows?: T; offsets?: T },
): void {
  backend.run(countOp, inputs, {});
}
