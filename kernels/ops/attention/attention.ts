/**
 * Attention by ranges: which kernel runs where.
 *
 * | rows    | software adapters                         | GPUs                                |
 * | ------- | ----------------------------------------- | ----------------------------------- |
 * | 1 … 8   | keys split among the lanes of a group     | the same                            |
 * | cached  | an invocation a row and key head          | keys split among the lanes          |
 * | more    | tiles loaded by broadcasts, or lane by lane | tiles loaded through work group memory |
 *
 * Heads too wide for registers take the plain form.
 *
 * @module
 */
import { attentionOp } from "../../../src/ops/attention.ts";
import { broadcasts, SIMD } from "../../host/adapter.ts";
import { defineKernel, type Dispatch } from "../../host/kernel.ts";
import { wordsOf } from "../../wgsl/words.ts";
import { cached, CACHED_UNITS } from "./cached.ts";
import { type AttentionCall, plain } from "./plain.ts";
import { split, SPLIT_UNITS } from "./split.ts";
import { tile } from "./tile.ts";

/** Rows up to which each has a work group. */
const FEW_ROWS = 8;

/** Keys for every row from which on they are those of caches: few rows see the same keys. */
const CACHED = 16;

/** Vectors (or numbers) of a head that registers hold. */
const TILE_UNITS = 32;

/** y = softmax(q·kᵀ / √K)·v over the visible keys. */
export const attention = defineKernel(attentionOp, (call) => [choose(call)]);

function choose(call: AttentionCall): Dispatch {
  const { inputs: { q, kv }, params: { H, G, K }, adapter } = call;
  const units = wordsOf(K).W;
  const ownKeys = kv.shape[0] >= CACHED * q.shape[0];
  if (ownKeys && adapter.family === "cpu" && 0 < units && units * H / G <= CACHED_UNITS) return cached(call);
  if ((ownKeys || q.shape[0] <= FEW_ROWS) && 0 < units && units <= SPLIT_UNITS) return split(call);
  if (units === 0 || units > TILE_UNITS) return plain(call);
  if (adapter.family === "gpu") return tile(call, { lanes: 64, rows: 1, keys: 4, feed: "workgroup" });
  return broadcasts(adapter)
    ? tile(call, { lanes: SIMD, rows: units <= 16 ? 2 : 1, keys: SIMD, feed: "subgroup" })
    : tile(call, { lanes: SIMD, rows: units <= 8 ? 4 : units <= 16 ? 2 : 1, keys: 2, feed: "direct" });
}
