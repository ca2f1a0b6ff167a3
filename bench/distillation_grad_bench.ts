import { cosineDistanceGradOp, divergenceGradOp } from "../src/ops/distillation_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  divergenceGradOp,
  ([["small", 1, 256], ["typical", 32, 8192], ["large", 16, 50368]] as const).map(([size, M, V]) => ({
    size,
    shape: `${M}×${V}`,
    inputs: { student: random([M, V], 3), teacher: random([M, V], 2), dkl: random([M, 1]) },
    params: { temperature: 2 },
    flops: 0,
    bytes: 12 * M * V,
  })),
);

benchOp(
  cosineDistanceGradOp,
  ([["small", 16, 64], ["typical", 512, 768], ["large", 2048, 1024]] as const).map(([size, M, D]) => ({
    size,
    shape: `${M}×${D}`,
    inputs: { a: random([M, D]), b: random([M, D]), dy: random([M, 1]) },
    params: {},
    flops: 0,
    bytes: 12 * M * D,
  })),
);
