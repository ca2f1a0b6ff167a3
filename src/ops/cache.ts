/**
 * KV caches are rows in place: fixed capacity per sequence, lengths on the device, writes by places, range reads.
 *
 * @module
 */
import { type Backend, defineOp, demand, type Op, requireOffsets, requireShape, spec, type Tensor } from "../op/op.ts";

/** Rows that a sequence has room for, and rows that come. */
export interface AppendParams {
  /** Rows of a sequence's part of a cache. */
  readonly C: number;
  /** New rows of all sequences. */
  readonly M: number;
}

/**
 * Where rows go that are appended to every sequence's part of a cache, and what they see.
 *
 * Sequence b owns the rows [b·C, (b+1)·C) of a cache, of which lengths[b] are written; its i-th new row, of those in
 * [offsets[b], offsets[b+1]), goes to b·C + lengths[b] + i. offsets [B+1], lengths [B] → places [M], −1 where there is no
 * room in C and for rows that are not live; ranges [M, 2] = [b·C, b·C + lengths[b] + i + 1); grown [B] = lengths + new rows,
 * all i32. `grown` and the ends of ranges stop at C and b·C + C.
 */
export const appendPlacesOp: Op<"offsets" | "lengths", "places" | "ranges" | "grown", AppendParams> = defineOp({
  name: "appendPlaces",
  family: "cache",
  inputs: ["offsets", "lengths"],
  outputs: ["places", "ranges", "grown"],
  infer({ offsets, lengths }, { C, M }: AppendParams) {
    requireOffsets("appendPlaces", offsets);
    const B = offsets.shape[0] - 1;
    requireShape("appendPlaces", "lengths", lengths, [B], "i32");
    demand("appendPlaces", C >= 0, () => `capacity ${C} is negative`);
    demand("appendPlaces", M >= 0, () => `${M} new rows are fewer than none`);
    return { places: spec([M], "i32"), ranges: spec([M, 2], "i32"), grown: spec([B], "i32") };
  },
});

/** Applies {@link appendPlacesOp}: → places [M], ranges [M, 2], grown [B]. */
export function appendPlaces<T extends Tensor>(
  backend: Backend<T>,
  inputs: { offsets: T; lengths: T },
  params: AppendParams,
): { places: T; ranges: T; grown: T } {
  return backend.run(appendPlacesOp, inputs, params);
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
