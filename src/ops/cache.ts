/**
 * KV caches are rows in place: fixed capacity per sequence, lengths on the device, append writes, range reads.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op.ts";

/**
 * Appends rows to every sequence's part of a cache, in place, and says what the new rows see.
 *
 * cache [B·C, W] (sequence b owns rows [b·C, (b+1)·C)), x [M, W] with offsets [B+1], lengths [B] i32 → cache, written in
 * place; grown [B] i32 = lengths + new rows; ranges [M, 2] i32 = [b·C, b·C + lengths[b] + i + 1) for the i-th new row of b.
 * Rows that do not fit in C are not written; `grown` and the ends of ranges stop at C and b·C + C.
 */
export const cacheAppendOp: Op<
  "cache" | "x" | "offsets" | "lengths",
  "cache" | "grown" | "ranges",
  { readonly C: number }
> = defineOp({
  name: "cacheAppend",
  family: "cache",
  inputs: ["cache", "x", "offsets", "lengths"],
  outputs: ["cache", "grown", "ranges"],
  inPlace: { cache: "cache" },
  infer({ cache, x, offsets, lengths }, { C }: { readonly C: number }) {
    requireOffsets("cacheAppend", offsets);
    const B = offsets.shape[0] - 1;
    requireShape("cacheAppend", "cache", cache, [B * C, undefined]);
    requireShape("cacheAppend", "x", x, [undefined, cache.shape[1]]);
    requireShape("cacheAppend", "lengths", lengths, [B], "i32");
    demand("cacheAppend", C >= 0, () => `capacity ${C} is negative`);
    return { cache: spec(cache.shape), grown: spec([B], "i32"), ranges: spec([x.shape[0], 2], "i32") };
  },
});

/** Applies {@link cacheAppendOp}; use the returned cache from then on. */
export function cacheAppend<T extends Tensor>(
  backend: Backend<T>,
  inputs: { cache: T; x: T; offsets: T; lengths: T },
  C: number,
): { cache: T; grown: T; ranges: T } {
  return backend.run(cacheAppendOp, inputs, { C });
}

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
