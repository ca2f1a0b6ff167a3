import { pickOp } from "../src/ops/sample.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  pickOp,
  ([["small", 1, 256], ["typical", 8, 8192], ["large", 64, 50368]] as const).map(([size, M, V]) => ({
    size,
    shape: `${M}×${V}`,
    inputs: { logits: random([M, V]) },
    params: {},
    flops: 0,
    bytes: 4 * M * (V + 1),
  })),
);
