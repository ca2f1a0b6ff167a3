/**
 * KV caches are rows in place: writes by a list of rows, reads by ranges.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";

/**
 * Writes rows in place: cache[rows[m]] = x[m] where rows[m] ≥ 0.
 *
 * cache [C, D] and x [M, D] of the same type, rows [M] i32 below C, distinct where not negative; offsets end with the
 * number of live rows → cache.
 */
export const cacheWriteOp = defineOp({
  name: "cacheWrite",
  family: "cache",
  inputs: { cache: "C D any", x: "M D any", rows: "M i32", "offsets?": "B+1 i32" },
  outputs: { cache: "C D any" },
});

/** Applies {@link cacheWriteOp}; use the returned cache from then on. */
export const cacheWrite: Apply<"cache" | "x" | "rows" | "offsets?", "cache"> = applying(cacheWriteOp);
