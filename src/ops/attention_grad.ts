/**
 * Derivatives of attention by ranges; scores are computed again, never stored (Dao et al., arXiv 2205.14135, §3.1).
 *
 * With s = q·kᵀ/√K, p = exp(s − lse) over the visible keys, and δ = Σ dy ⊙ y per row and head:
 *
 *     ds = p·(dy·vᵀ − δ);   dq = ds·k/√K;   dk = dsᵀ·q/√K;   dv = pᵀ·dy
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";
import type { Heads } from "./rope.ts";

type AttentionTensors = { q: Tensor; kv: Tensor; ranges: Tensor; dy: Tensor; offsets?: Tensor };

function requireAttention(op: string, { q, kv, ranges, dy, offsets }: AttentionTensors, { H, G, K }: Heads): void {
  demand(op, G > 0 && H % G === 0, () => `${H} query heads do not share ${G} key/value heads evenly`);
  requireShape(op, "q", q, [undefined, H * K]);
  requireShape(op, "kv", kv, [undefined, 2 * G * K]);
  requireShape(op, "ranges", ranges, [q.shape[0], 2], "i32");
  requireShape(op, "dy", dy, q.shape);
  requireOffsets(op, offsets);
}

/**
 * stats[m, h] = (lse, δ): the log-sum-exp of a row's visible scores, and Σ dy ⊙ y over the head.
 *
 * q, y, dy [M, H·K], kv [N, 2·G·K], ranges [M, 2] i32 → stats [M, 2·H], lse of all heads, then δ. Both are 0 for a row with
 * an empty range.
 */
export const attentionStatsOp: Op<"q" | "kv" | "ranges" | "y" | "dy" | "offsets?", "stats", Heads> = defineOp({
  name: "attentionStats",
  family: "attention_grad",
  inputs: ["q", "kv", "ranges", "y", "dy", "offsets?"],
  outputs: ["stats"],
  infer({ q, kv, ranges, y, dy, offsets }, heads: Heads) {
    requireAttention("attentionStats", { q, kv, ranges, dy, offsets }, heads);
    requireShape("attentionStats", "y", y, q.shape);
    return { stats: spec([q.shape[0], 2 * heads.H]) };
  },
});

/** Applies {@link attentionStatsOp}: → [M, 2·H]. */
export function attentionStats<T extends Tensor>(
  backend: Backend<T>,
  inputs: { q: T; kv: T; ranges: T; y: T; dy: T; offsets?: T },
  { H, G, K }: Heads,
): T {
  return backend.run(attentionStatsOp, inputs, { H, G, K }).stats;
}

/** dq of the equations above. q, dy [M, H·K], kv [N, 2·G·K], ranges [M, 2] i32, stats [M, 2·H] → dq [M, H·K]. */
export const attentionGradQOp: Op<"q" | "kv" | "ranges" | "dy" | "stats" | "offsets?", "dq", Heads> = defineOp({
  name: "attentionGradQ",
  family: "attention_grad",
  inputs: ["q", "kv", "ranges", "dy", "stats", "offsets?"],
  outputs: ["dq"],
  infer({ q, kv, ranges, dy, stats, offsets }, heads: Heads) {
    requireAttention("attentionGradQ", { q, kv, ranges, dy, offsets }, heads);
    requireShape("attentionGradQ", "stats", stats, [q.shape[0], 2 * heads.H]);
    return { dq: spec(q.shape) };
  },
});

/** Applies {@link attentionGradQOp}: → [M, H·K]. */
export function attentionGradQ<T extends Tensor>(
  backend: Backend<T>,
  inputs: { q: T; kv: T; ranges: T; dy: T; stats: T; offsets?: T },
  { H, G, K }: Heads,
): T {
  return backend.run(attentionGradQOp, inputs, { H, G, K }).dq;
}

/**
 * dk and dv of the equations above, summed over the query heads that share a key/value head; zero for keys nobody sees.
 *
 * q, dy [M, H·K], kv [N, 2·G·K], ranges [M, 2] i32 with starts and ends that do not decrease from row to row, stats
 * [M, 2·H] → dkv [N, 2·G·K].
 */
export const attentionGradKvOp: Op<"q" | "kv" | "ranges" | "dy" | "stats" | "offsets?", "dkv", Heads> = defineOp({
  name: "attentionGradKv",
  family: "attention_grad",
  inputs: ["q", "kv", "ranges", "dy", "stats", "offsets?"],
  outputs: ["dkv"],
  infer({ q, kv, ranges, dy, stats, offsets }, heads: Heads) {
    requireAttention("attentionGradKv", { q, kv, ranges, dy, offsets }, heads);
    requireShape("attentionGradKv", "stats", stats, [q.shape[0], 2 * heads.H]);
    return { dkv: spec(kv.shape) };
  },
});

/** Applies {@link attentionGradKvOp}: → [N, 2·G·K]. */
export function attentionGradKv<T extends Tensor>(
  backend: Backend<T>,
  inputs: { q: T; kv: T; ranges: T; dy: T; stats: T; offsets?: T },
  { H, G, K }: Heads,
): T {
  return backend.run(attentionGradKvOp, inputs, { H, G, K }).dkv;
}
