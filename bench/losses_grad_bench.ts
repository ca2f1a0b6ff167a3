import { hostIndices, hostTensor } from "../src/op/device.ts";
import * as ops from "../src/ops/losses_grad.ts";
import { benchOp, random, spread } from "./support/bench_op.ts";

benchOp(
  ops.crossEntropyGradOp,
  ([["small", 1, 256], ["typical", 32, 8192], ["large", 16, 50368]] as const).map(([size, M, V]) => ({
    size,
    shape: `${M}×${V}`,
    inputs: { logits: random([M, V], 3), labels: spread([M], V), dnll: random([M, 1]) },
    params: {},
    flops: 0,
    bytes: 8 * M * V,
  })),
);

const sizes = [["small", 16], ["typical", 512], ["large", 8192]] as const;

benchOp(
  ops.logSumExpGradOp,
  sizes.map(([size, M]) => ({
    size,
    shape: `${M}×8`,
    inputs: { x: random([M, 8]), y: hostTensor([M, 1], new Float32Array(M).fill(4)), dy: random([M, 1]) },
    params: {},
    flops: 0,
    bytes: 4 * 18 * M,
  })),
);

benchOp(
  ops.binaryCrossEntropyGradOp,
  sizes.map(([size, M]) => ({
    size,
    shape: `${M}, half of them chosen`,
    inputs: {
      scores: random([M, 1]),
      rows: hostIndices(Array.from({ length: M / 2 }, (_, s) => 2 * s)),
      kept: hostIndices([0, M / 2]),
      dbce: random([M, 1]),
    },
    params: {},
    flops: 0,
    bytes: 4 * 3.5 * M,
  })),
);

benchOp(
  ops.meanGradOp,
  sizes.map(([size, M]) => ({
    size,
    shape: `${M}`,
    inputs: { dy: random([1]), labels: spread([M], 3) },
    params: { M },
    flops: 0,
    bytes: 8 * M,
  })),
);

benchOp(
  ops.balanceGradOp,
  sizes.map(([size, M]) => ({
    size,
    shape: `${M}×8, 2 chosen`,
    inputs: { counts: hostTensor([8], new Array(8).fill(M / 4)), dloss: random([1]) },
    params: { M, k: 2 },
    flops: 0,
    bytes: 4 * 8 * M,
  })),
);
