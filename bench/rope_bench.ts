import { ropeOp, ropeTable, ropeWriteOp } from "../src/ops/rope.ts";
import { benchOp } from "./support/bench_op.ts";
import { random, steps } from "./support/inputs.ts";

const inputs = (M: number, H: number, G: number, K: number) => ({
  x: random([M, (H + 2 * G) * K]),
  positions: steps(M),
  table: ropeTable(M, K, 10000),
});

benchOp(
  ropeOp,
  {
    small: { M: 1, H: 9, G: 3, K: 64 },
    typical: { M: 128, H: 12, G: 12, K: 32 },
    large: { M: 2048, H: 9, G: 3, K: 64 },
  },
  ({ M, H, G, K }) => ({ inputs: inputs(M, H, G, K), params: { H, G, K } }),
);

benchOp(
  ropeWriteOp,
  { small: { M: 1, H: 9, G: 3, K: 64 }, typical: { M: 32, H: 9, G: 3, K: 64 }, large: { M: 512, H: 9, G: 3, K: 64 } },
  ({ M, H, G, K }) => ({
    inputs: { ...inputs(M, H, G, K), cache: random([4 * M, 2 * G * K]), kvSlots: steps(M, 4) },
    params: { H, G, K },
    touched: { cache: M * G * K }, // M rows written, not read
  }),
);
