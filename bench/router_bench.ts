import { gateOp, routeOp } from "../src/ops/router.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  gateOp,
  ([["small", 1], ["typical", 2048], ["large", 65536]] as const).map(([size, M]) => ({
    size,
    shape: `${M}`,
    inputs: { scores: random([M, 1]) },
    params: { kind: "sigmoid", alpha: 0.1 },
    flops: 4 * M,
    bytes: 8 * M,
  })),
);

benchOp(
  routeOp,
  ([["small", 1, 4, 1], ["typical", 512, 8, 2], ["large", 8192, 64, 8]] as const).map(([size, M, E, k]) => ({
    size,
    shape: `${k} of ${E}, ${M} rows`,
    inputs: { logits: random([M, E]) },
    params: { k, kind: "softmax", alpha: 1, normalize: true },
    flops: M * (5 * E + 2 * k * E),
    bytes: 4 * M * (2 * E + 2 * k),
  })),
);
