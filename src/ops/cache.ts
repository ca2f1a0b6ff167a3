/**
 * KV caches are rows in place: writes by a list of rows, reads by ranges.
 *
 * @module
 */
import { type Backend, defineOp, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";

/**
 * Writes rows where a list says, in place: cache[places[m]] = x[m], but for places below 0.
 *
 * cache [R, W] and x [M, W] of the same type, places [M] i32 below R, distinct where not negative; offsets end with the
 * number of live rows → cache.
 */
export const cacheWriteOp: Op<"cache" | "x" | "places" | "offsets?", "cache", Record<never, never>> = defineOp({
  name: "cacheWrite",
  family: "cache",
  inputs: ["cache", "x", "places", "offsets?"],
  outputs: ["cache"],
  inPlace: { cache: "cache" },
  infer({ cache, x, places, offsets }) {
    requireShape("cacheWrite", "cache", cache, [undefined, undefined], cache.dtype);
    requireShape("cacheWrite", "x", x, [undefined, cache.shape[1]], cache.dtype);
    requireShape("cacheWrite", "places", places, [x.shape[0]], "i32");
    requireOffsets("cacheWrite", offsets);
    return { cache: spec(cache.shape, cache.dtype) };
  },
});

/** Applies {@link cacheWriteOp}; use the returned cache from then on. */
export function cacheWrite<T extends Tensor>(
  backend: Backend<T>,
  inputs: { cache: T; x: T; places: T; offsets?: T },
): T {
  return backend.run(cacheWriteOp, inputs, {}).cache;
}
