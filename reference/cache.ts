import { cacheAppendOp, cacheWriteOp } from "../src/ops/cache.ts";
import { TINY } from "./bound.ts";
import { defineReference, liveRows } from "./reference.ts";

/** cache[b·C + lengths[b] + i] = x[offsets[b] + i], as long as lengths[b] + i < C. */
export const cacheAppend = defineReference(cacheAppendOp, {
  run({ x, offsets, lengths }, { cache, grown, ranges }, { C }) {
    const B = offsets.shape[0] - 1;
    const W = x.shape[1];
    for (let b = 0; b < B; b++) {
      const rows = offsets.data[b + 1] - offsets.data[b];
      grown.data[b] = Math.min(C, lengths.data[b] + rows);
      for (let i = 0; i < rows; i++) {
        const m = offsets.data[b] + i;
        const place = lengths.data[b] + i;
        ranges.data[2 * m] = b * C;
        ranges.data[2 * m + 1] = b * C + Math.min(C, place + 1);
        if (place >= C) continue;
        for (let w = 0; w < W; w++) cache.data[(b * C + place) * W + w] = x.data[m * W + w];
      }
    }
  },

  /** Rows are copied; only a subnormal may be flushed. */
  bound: (_, { cache }) => ({ cache: new Float64Array(cache.data.length).fill(TINY) }),
});

/** cache[places[m]] = x[m] where places[m] ≥ 0. cache [R, W], x [M, W], places [M]. */
export const cacheWrite = defineReference(cacheWriteOp, {
  run({ x, places, offsets }, { cache }) {
    const [M, W] = x.shape;
    for (let m = 0; m < liveRows(offsets, M); m++) {
      if (places.data[m] < 0) continue;
      for (let w = 0; w < W; w++) cache.data[places.data[m] * W + w] = x.data[m * W + w];
    }
  },

  /** Words are copied as they are. */
  bound: (_, { cache }) => ({ cache: new Float64Array(cache.data.length) }),
});
