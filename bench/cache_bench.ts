import { cacheWriteOp } from "../src/ops/cache.ts";
import { benchOp } from "./support/bench_op.ts";
import { random, steps } from "./support/inputs.ts";

benchOp(cacheWriteOp, { small: { M: 1 }, typical: { M: 32 }, large: { M: 2048 } }, ({ M }) => ({
  inputs: { cache: random([4 * M, 384]), x: random([M, 384]), rows: steps(M, 4) },
  params: {},
  touched: { cache: M * 384 / 2 }, // written, not read
}));
