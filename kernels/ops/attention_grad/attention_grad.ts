/**
 * Derivatives of attention: which tile runs where.
 *
 * | head width        | software adapters                          | GPUs                                  |
 * | ----------------- | ------------------------------------------ | ------------------------------------- |
 * | up to 32 vectors  | tiles loaded by broadcasts, or lane by lane | tiles loaded through work group memory |
 * | more              | the same, fewer rows at a time             | lane by lane                          |
 *
 * All text is unrolled over a head, as in attention: compilers put registers that a loop indexes into memory.
 *
 * @module
 */
import { attentionGradKvOp, attentionGradQOp, attentionStatsOp } from "../../../src/ops/attention_grad.ts";
import { type Adapter, broadcasts, SIMD } from "../../host/adapter.ts";
import { wordsOf } from "../../wgsl/words.ts";
import type { Tile } from "../attention/walk.ts";
import { defineKernel } from "../../host/kernel.ts";
import { gradKv } from "./keys.ts";
import { gradQ, stats } from "./queries.ts";

/** Vectors (or numbers) of a head for which work group memory holds a step of rows. */
const TILE_UNITS = 32;

/** stats = (log Σ exp s, Σ dy ⊙ y). */
export const attentionStats = defineKernel(attentionStatsOp, (call) => [stats(call, choose(call))]);

/** dq = Σ ds·k / √K. */
export const attentionGradQ = defineKernel(attentionGradQOp, (call) => [gradQ(call, choose(call))]);

/** dk = Σ ds·q / √K, dv = Σ p·dy. */
export const attentionGradKv = defineKernel(attentionGradKvOp, (call) => gradKv(call, choose(call)));

function choose({ params: { K }, adapter }: { params: { K: number }; adapter: Adapter }): Tile {
  const units = wordsOf(K).W;
  if (adapter.family === "gpu") {
    return units <= TILE_UNITS
      ? { lanes: 64, rows: 1, keys: 4, feed: "workgroup" }
      : { lanes: 64, rows: 1, keys: 1, feed: "direct" };
  }
  const rows = units <= 16 ? 2 : 1;
  return broadcasts(adapter)
    ? { lanes: SIMD, rows, keys: units <= TILE_UNITS ? SIMD : 4, feed: "subgroup" }
    : { lanes: SIMD, rows: units <= 8 ? 4 : rows, keys: 1, feed: "direct" };
}
