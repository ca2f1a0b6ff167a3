import { cacheWriteOp } from "../src/ops/cache.ts";
import { defineReference, liveRows } from "./reference.ts";

/** cache[places[m]] = x[m] where places[m] ≥ 0. cache [C, D], x [M, D], places [M]. */
export const cacheWrite = defineReference(cacheWriteOp, ({ x, places, offsets }, { cache }) => {
  const [M, W] = x.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    if (places.data[m] < 0) continue;
    for (let w = 0; w < W; w++) cache.data[places.data[m] * W + w] = x.data[m * W + w];
  }
});
