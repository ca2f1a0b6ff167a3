/**
 * Attention by ranges: every query row sees a contiguous range of key rows.
 *
 * Causal, bidirectional, windowed, cached, recursion-wise and KV-shared attention are one operation with other ranges.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";
import { type Backend, once, type Tensor } from "../op/op.ts";
import { attentionGradKv, attentionGradQ, attentionStats } from "./attention_grad.ts";
import type { Heads } from "./rope.ts";

/** How far a row sees. */
export interface KeyRangesParams {
  /** Query rows, M. */
  readonly M: number;
  /** Whether a row sees only rows up to itself. */
  readonly causal: boolean;
  /** Rows further away than this are not seen; 0 for no limit. */
  readonly window: number;
}

/**
 * Ranges over the key rows: query m is key row i = rows[m] (m itself unless given) of the sequence [s, e) that holds it.
 *
 * ranges[m] = [max(s, i − window), min(e, i + window + 1, causal ? i + 1 : ∞)). offsets [B+1] are the key rows' own,
 * rows [M] i32 ascending, queryOffsets [*] end with the number of live query rows → ranges [M, 2] i32.
 */
export const keyRangesOp = defineOp({
  name: "keyRanges",
  family: "attention",
  inputs: { offsets: "B+1 i32", "rows?": "M i32", "queryOffsets?": "_+1 i32" },
  outputs: { ranges: "M 2 i32" },
  params: { M: "size", causal: "boolean", window: "size" },
});

/** Applies {@link keyRangesOp}: ranges [M, 2]. */
export const keyRanges: Apply<"offsets" | "rows?" | "queryOffsets?", "ranges", KeyRangesParams> = applying(keyRangesOp);

/**
 * y = softmax(q·kᵀ / √K)·v over the visible keys, head by head; query head h reads key/value head ⌊h·G/H⌋.
 *
 * q [M, H·K], kv [C, 2·G·K] (keys of all heads, then values), ranges [M, 2] i32 inside [0, C] → y [M, H·K]. A row with
 * an empty range gives zeros. Never holds M×N scores (Dao et al., arXiv 2205.14135).
 */
export const attentionOp = defineOp({
  name: "attention",
  family: "attention",
  inputs: { q: "M HK", kv: "C 2GK", ranges: "M 2 i32", "offsets?": "B+1 i32" },
  outputs: { y: "M HK" },
  params: { H: "size", G: "size", K: "size" },
  refuse: ({ H, G }) => !(G > 0 && H % G === 0) && `${H} query heads do not share ${G} key/value heads evenly`,
  vjp: (backend, { inputs: { q, kv, ranges, offsets }, outputs: { y }, grads, params }) => {
    const dy = grads.y!;
    const stats = once(() => attentionStats(backend, { q, kv, ranges, y, dy, offsets }, params));
    return {
      q: () => attentionGradQ(backend, { q, kv, ranges, dy, stats: stats(), offsets }, params),
      kv: () => attentionGradKv(backend, { q, kv, ranges, dy, stats: stats(), offsets }, params),
    };
  },
});

/** Applies {@link attentionOp}: q [M, H·K], kv [C, 2·G·K], ranges [M, 2] → [M, H·K]. */
export function attention<T extends Tensor>(
  backend: Backend<T>,
  inputs: { q: T; kv: T; ranges: T; offsets?: T },
  heads: Heads,
): T {
  const { H, G, K } = heads;
  return backend.run(attentionOp, inputs, { H, G, K }).y;
}
