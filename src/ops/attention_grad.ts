/**
 * Derivatives of attention by ranges; scores are computed again, never stored (Dao et al., arXiv 2205.14135, §3.1).
 *
 * With s = q·kᵀ/√K, p = exp(s − lse) over the visible keys, and δ = Σ dy ⊙ y per row and head:
 *
 *     ds = p·(dy·vᵀ − δ);   dq = ds·k/√K;   dk = dsᵀ·q/√K;   dv = pᵀ·dy
 *
 * @module
 */
import { applying, defineOp } from "../op/define.ts";

/**
 * stats[m, h] = (lse, δ): the log-sum-exp of a row's visible scores, and Σ dy ⊙ y over the head.
 *
 * q, y, dy [M, H·K], kv [C, 2·G·K], ranges [M, 2] i32 → stats [M, 2·H], lse of all heads, then δ. Both are 0 for a row with
 * an empty range.
 */
export const attentionStatsOp = defineOp({
  name: "attentionStats",
  family: "attention_grad",
  inputs: { q: "M HK", kv: "C 2GK", ranges: "M 2 i32", y: "M HK", dy: "M HK", "offsets?": "B+1 i32" },
  outputs: { stats: "M 2H" },
  params: { H: "size", G: "size", K: "size" },
  refuse: ({ H, G }) => !(G > 0 && H % G === 0) && `${H} query heads do not share ${G} key/value heads evenly`,
});

/** Applies {@link attentionStatsOp}: → [M, 2·H]. */
export const attentionStats = applying(attentionStatsOp);

/** dq of the equations above. q, dy [M, H·K], kv [C, 2·G·K], ranges [M, 2] i32, stats [M, 2·H] → dq [M, H·K]. */
export const attentionGradQOp = defineOp({
  name: "attentionGradQ",
  family: "attention_grad",
  inputs: { q: "M HK", kv: "C 2GK", ranges: "M 2 i32", dy: "M HK", stats: "M 2H", "offsets?": "B+1 i32" },
  outputs: { dq: "M HK" },
  params: { H: "size", G: "size", K: "size" },
  refuse: ({ H, G }) => !(G > 0 && H % G === 0) && `${H} query heads do not share ${G} key/value heads evenly`,
});

/** Applies {@link attentionGradQOp}: → [M, H·K]. */
export const attentionGradQ = applying(attentionGradQOp);

/**
 * dk and dv of the equations above, summed over the query heads that share a key/value head; zero for keys outside all ranges.
 *
 * q, dy [M, H·K], kv [C, 2·G·K], ranges [M, 2] i32 with starts and ends that do not decrease from row to row, stats
 * [M, 2·H] → dkv [C, 2·G·K].
 */
export const attentionGradKvOp = defineOp({
  name: "attentionGradKv",
  family: "attention_grad",
  inputs: { q: "M HK", kv: "C 2GK", ranges: "M 2 i32", dy: "M HK", stats: "M 2H", "offsets?": "B+1 i32" },
  outputs: { dkv: "C 2GK" },
  params: { H: "size", G: "size", K: "size" },
  refuse: ({ H, G }) => !(G > 0 && H % G === 0) && `${H} query heads do not share ${G} key/value heads evenly`,
});

/** Applies {@link attentionGradKvOp}: → [C, 2·G·K]. */
export const attentionGradKv = applying(attentionGradKvOp);
