import { cacheWriteOp } from "../src/ops/cache.ts";
import { defineReference, liveRows } from "./reference.ts";

/** cache[rows[m]] = x[m] where rows[m] ≥ 0. cache [C, D], x [M, D], rows [M]. */
export const cacheWrite = defineReference(cacheWriteOp, ({ x, rows, offsets }, { cache }) => {
  const [M, W] = x.shape;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    if (rows.data[m] < 0) continue;
    for (let w = 0; w < W; w++) cache.data[rows.data[m] * W + w] = x.data[m * W + w];
  }
});
