import { hostIndices, hostTensor } from "../src/op/device.ts";
import { balanceOp, binaryCrossEntropyOp, crossEntropyOp, logSumExpOp, meanOp } from "../src/ops/losses.ts";
import { benchOp, random, spread } from "./support/bench_op.ts";

benchOp(
  crossEntropyOp,
  ([["small", 1, 256], ["typical", 32, 8192], ["large", 32, 50368]] as const).map(([size, M, V]) => ({
    size,
    shape: `${M}×${V}`,
    inputs: { logits: random([M, V], 3), labels: spread([M], V) },
    params: {},
    flops: 0,
    bytes: 4 * M * (V + 2),
  })),
);

const sizes = [["small", 16], ["typical", 512], ["large", 8192]] as const;

benchOp(
  logSumExpOp,
  sizes.map(([size, M]) => ({
    size,
    shape: `${M}×8`,
    inputs: { x: random([M, 8]) },
    params: {},
    flops: 0,
    bytes: 4 * 9 * M,
  })),
);

benchOp(
  binaryCrossEntropyOp,
  sizes.map(([size, M]) => ({
    size,
    shape: `${M}, half of them chosen`,
    inputs: {
      scores: random([M, 1]),
      rows: hostIndices(Array.from({ length: M / 2 }, (_, s) => 2 * s)),
      kept: hostIndices([0, M / 2]),
    },
    params: {},
    flops: 0,
    bytes: 4 * 2.5 * M,
  })),
);

benchOp(
  meanOp,
  sizes.map(([size, M]) => ({
    size,
    shape: `${M}`,
    inputs: { x: random([M, 1]), labels: spread([M], 3) },
    params: {},
    flops: 0,
    bytes: 8 * M,
  })),
);

benchOp(
  balanceOp,
  sizes.map(([size, M]) => ({
    size,
    shape: `${M}×8, 2 chosen`,
    inputs: { probs: random([M, 8]), counts: hostTensor([8], new Array(8).fill(M / 4)) },
    params: { k: 2 },
    flops: 0,
    bytes: 4 * 8 * M,
  })),
);
