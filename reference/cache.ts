import { appendPlacesOp, cacheWriteOp } from "../src/ops/cache.ts";
import { defineReference, liveRows } from "./reference.ts";

/** places[offsets[b] + i] = b·C + lengths[b] + i as long as lengths[b] + i < C; it sees everything up to itself. */
export const appendPlaces = defineReference(
  appendPlacesOp,
  ({ offsets, lengths }, { places, ranges, grown }, { C }) => {
    places.data.fill(-1);
    for (let b = 0; b < lengths.data.length; b++) {
      const rows = offsets.data[b + 1] - offsets.data[b];
      grown.data[b] = Math.min(C, lengths.data[b] + rows);
      for (let i = 0; i < rows; i++) {
        const m = offsets.data[b] + i;
        const place = lengths.data[b] + i;
        ranges.data[2 * m] = b * C;
        ranges.data[2 * m + 1] = b * C + Math.min(C, place + 1);
        if (place < C) places.data[m] = b * C + place;
      }
    }
  },
);

/** cache[places[m]] = x[m] where places[m] ≥ 0. cache [R, W], x [M, W], places [M]. */
export const cacheWrite = defineReference(cacheWriteOp, ({ x, places, offsets }, { cache }) => {
  const [M, W] = x.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    if (places.data[m] < 0) continue;
    for (let w = 0; w < W; w++) cache.data[places.data[m] * W + w] = x.data[m * W + w];
  }
});
