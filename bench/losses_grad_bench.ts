import { hostTensor } from "../src/op/device.ts";
import * as ops from "../src/ops/losses_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random, spread, steps } from "./support/inputs.ts";

benchOp(
  ops.crossEntropyGradOp,
  { small: { M: 1, V: 256 }, typical: { M: 32, V: 8192 }, large: { M: 16, V: 50368 } },
  ({ M, V }) => ({ inputs: { logits: random([M, V], 3), labels: spread([M], V), dnll: random([M, 1]) }, params: {} }),
);

const sizes = { small: { M: 16, E: 8 }, typical: { M: 512, E: 8 }, large: { M: 8192, E: 8 } };

benchOp(ops.logSumExpGradOp, sizes, ({ M, E }) => ({
  inputs: { x: random([M, E]), y: hostTensor([M, 1], new Float32Array(M).fill(4)), dy: random([M, 1]) },
  params: {},
}));

benchOp(ops.binaryCrossEntropyGradOp, sizes, ({ M }) => ({
  inputs: { scores: random([M, 1]), rows: steps(M / 2, 2), kept: evenOffsets(1, M / 2), dbce: random([M, 1]) },
  params: {},
}));

benchOp(ops.meanGradOp, sizes, ({ M }) => ({
  inputs: { dy: random([1]), labels: spread([M], 3) },
  params: { M },
}));

benchOp(ops.loadBalanceLossGradOp, sizes, ({ M, E }) => ({
  inputs: { counts: hostTensor([E], new Array(E).fill(2 * M / E)), dloss: random([1]) },
  params: { M, k: 2 },
}));
