/**
 * KV caches are rows in place: writes by a list of rows, reads by ranges.
 *
 * @module
 */
import { type Apply, applying, defineOp } from "../op/define.ts";

/**
 * Writes rows where a list says, in place: cache[places[m]] = x[m], but for places below 0.
 *
 * cache [C, D] and x [M, D] of the same type, places [M] i32 below C, distinct where not negative; offsets end with the
 * number of live rows → cache.
 */
export const cacheWriteOp = defineOp({
  name: "cacheWrite",
  family: "cache",
  inputs: { cache: "C D any", x: "M D any", places: "M i32", "offsets?": "B+1 i32" },
  outputs: { cache: "C D any" },
});

/** Applies {@link cacheWriteOp}; use the returned cache from then on. */
export const cacheWrite: Apply<"cache" | "x" | "places" | "offsets?", "cache"> = applying(cacheWriteOp);
