import { ropeTable } from "../src/ops/rope.ts";
import { ropeGradOp } from "../src/ops/rope_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { random, steps } from "./support/inputs.ts";

benchOp(
  ropeGradOp,
  {
    small: { M: 1, H: 9, G: 3, K: 64 },
    typical: { M: 128, H: 12, G: 12, K: 32 },
    large: { M: 2048, H: 9, G: 3, K: 64 },
  },
  ({ M, H, G, K }) => ({
    inputs: {
      dq: random([M, H * K]),
      dkv: random([M, 2 * G * K]),
      positions: steps(M),
      table: ropeTable(M, K, 10000),
    },
    params: { H, G, K },
  }),
);
