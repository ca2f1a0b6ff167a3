import { hostTensor } from "../src/op/device.ts";
import { binaryCrossEntropyOp, crossEntropyOp, loadBalanceLossOp, logSumExpOp, meanOp } from "../src/ops/losses.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random, spread, steps } from "./support/inputs.ts";

benchOp(
  crossEntropyOp,
  { small: { M: 1, V: 256 }, typical: { M: 32, V: 8192 }, large: { M: 32, V: 50368 } },
  ({ M, V }) => ({ inputs: { logits: random([M, V], 3), labels: spread([M], V) }, params: {} }),
);

const sizes = { small: { M: 16, E: 8 }, typical: { M: 512, E: 8 }, large: { M: 8192, E: 8 } };

benchOp(logSumExpOp, sizes, ({ M, E }) => ({ inputs: { x: random([M, E]) }, params: {} }));

benchOp(binaryCrossEntropyOp, sizes, ({ M }) => ({
  inputs: { scores: random([M, 1]), rows: steps(M / 2, 2), kept: evenOffsets(1, M / 2) },
  params: {},
}));

benchOp(meanOp, sizes, ({ M }) => ({ inputs: { x: random([M, 1]), labels: spread([M], 3) }, params: {} }));

benchOp(loadBalanceLossOp, sizes, ({ M, E }) => ({
  inputs: { probs: random([M, E]), counts: hostTensor([E], new Array(E).fill(2 * M / E)) },
  params: { k: 2 },
}));
