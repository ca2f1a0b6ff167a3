import { hostIndices, hostTensor } from "../src/op/device.ts";
import { adamWOp, averageOp, balanceBiasOp, countChoicesOp, storeOp, sumSquaresOp } from "../src/ops/optimizer.ts";
import { benchOp, random, spread } from "./support/bench_op.ts";

/** A norm's weights, a matrix, an embedding. */
const weights = ([["small", 1, 384], ["typical", 384, 1152], ["large", 8192, 384]] as const).map((
  [size, rows, columns],
) => ({ size, shape: `${rows}×${columns}`, w: random([rows, columns]), flops: 0, count: rows * columns }));

benchOp(
  adamWOp,
  weights.map(({ w, count, ...rest }) => ({
    ...rest,
    inputs: {
      p: w,
      m: w,
      v: hostTensor(w.shape, w.data.map((value) => value * value)),
      g: w,
      squares: hostTensor([1], [4]),
      rates: hostTensor([3], [1e-3, 0.1, 0.05]),
    },
    params: { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0.1, clip: 1 },
    bytes: 28 * count,
  })),
);

benchOp(
  sumSquaresOp,
  weights.map(({ w, count, ...rest }) => ({ ...rest, inputs: { x: w }, params: {}, bytes: 4 * count })),
);

benchOp(
  averageOp,
  weights.map(({ w, count, ...rest }) => ({
    ...rest,
    inputs: { average: w, p: w, squares: hostTensor([1], [4]) },
    params: { decay: 0.999 },
    bytes: 12 * count,
  })),
);

benchOp(
  storeOp,
  ([["small", 1], ["typical", 16], ["large", 1024]] as const).map(([size, W]) => ({
    size,
    shape: `1000 lines × ${W}`,
    inputs: { list: random([1000, W]), x: random([W]), at: hostIndices([500]) },
    params: {},
    flops: 0,
    bytes: 8 * W,
  })),
);

/** Choices of a batch. */
const choices = ([["small", 64, 4], ["typical", 1024, 8], ["large", 65_536, 64]] as const).map(([size, M, E]) => ({
  size,
  shape: `${M} rows × 2 of ${E}`,
  M,
  E,
  flops: 0,
}));

benchOp(
  countChoicesOp,
  choices.map(({ M, E, ...rest }) => ({
    ...rest,
    inputs: { experts: spread([M, 2], E) },
    params: { E },
    bytes: 8 * M,
  })),
);

benchOp(
  balanceBiasOp,
  choices.map(({ M, E, ...rest }) => ({
    ...rest,
    inputs: {
      bias: random([E]),
      counts: hostTensor([E], Array.from({ length: E }, (_, e) => 2 * M / E + e % 2)),
      squares: hostTensor([1], [4]),
    },
    params: { rate: 1e-3 },
    bytes: 12 * E,
  })),
);
