import { hostIndices, hostTensor } from "../src/op/device.ts";
import { adamWOp, balanceBiasOp, countChoicesOp, emaOp, storeOp, sumSquaresOp } from "../src/ops/optimizer.ts";
import { benchOp } from "./support/bench_op.ts";
import { random, spread } from "./support/inputs.ts";

/** A norm's weights, a matrix, an embedding. */
const weights = { small: { M: 1, D: 384 }, typical: { M: 384, D: 1152 }, large: { M: 8192, D: 384 } };
const squares = hostTensor([1], [4]);

benchOp(adamWOp, weights, ({ M, D }) => {
  const w = random([M, D]), v = hostTensor(w.shape, w.data.map((value) => value * value));
  return {
    inputs: { p: w, m: w, v, g: w, squares, rates: hostTensor([3], [1e-3, 0.1, 0.05]) },
    params: { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0.1, clip: 1 },
  };
});

benchOp(sumSquaresOp, weights, ({ M, D }) => ({ inputs: { x: random([M, D]) }, params: {} }));

benchOp(emaOp, weights, ({ M, D }) => ({
  inputs: { average: random([M, D]), p: random([M, D]), squares },
  params: { decay: 0.999 },
}));

benchOp(storeOp, { small: { W: 1 }, typical: { W: 16 }, large: { W: 1024 } }, ({ W }) => ({
  inputs: { list: random([1000, W]), x: random([W]), at: hostIndices([500]) },
  params: {},
  touched: { list: W / 2 }, // written, not read
}));

/** Choices of two experts in a batch. */
const choices = { small: { M: 64, E: 4 }, typical: { M: 1024, E: 8 }, large: { M: 65_536, E: 64 } };

benchOp(countChoicesOp, choices, ({ M, E }) => ({ inputs: { experts: spread([M, 2], E) }, params: { E } }));

benchOp(balanceBiasOp, choices, ({ M, E }) => ({
  inputs: {
    bias: random([E]),
    counts: hostTensor([E], Array.from({ length: E }, (_, e) => 2 * M / E + e % 2)),
    squares,
  },
  params: { rate: 1e-3 },
}));
