import { appendPlacesOp, cacheWriteOp } from "../src/ops/cache.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random, steps } from "./support/inputs.ts";

benchOp(
  appendPlacesOp,
  { small: { B: 1, T: 1 }, typical: { B: 32, T: 1 }, large: { B: 4, T: 512 } },
  ({ B, T }) => ({
    inputs: { offsets: evenOffsets(B, T), lengths: steps(B, 20) },
    params: { C: 1024, M: B * T },
  }),
);

benchOp(cacheWriteOp, { small: { M: 1 }, typical: { M: 32 }, large: { M: 2048 } }, ({ M }) => ({
  inputs: { cache: random([4 * M, 384]), x: random([M, 384]), places: steps(M, 4) },
  params: {},
  touched: { cache: M * 384 / 2 }, // written, not read
}));
