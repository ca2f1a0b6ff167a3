import { hostIndices } from "../src/op/device.ts";
import { selectThresholdOp, selectTopKOp } from "../src/ops/select.ts";
import { benchOp, random } from "./support/bench_op.ts";

/** B sequences of T rows, half of which are kept. */
const sizes = ([["small", 1, 64], ["typical", 4, 512], ["large", 16, 2048]] as const).map(([size, B, T]) => ({
  size,
  shape: `${B}×${T}`,
  scores: random([B * T, 1]),
  offsets: hostIndices(Array.from({ length: B + 1 }, (_, b) => b * T)),
  capacity: hostIndices(Array.from({ length: B }, () => T / 2)),
  limit: B * T / 2,
}));

benchOp(
  selectTopKOp,
  sizes.map(({ size, shape, scores, offsets, capacity, limit }) => ({
    size,
    shape,
    inputs: { scores, offsets, capacity },
    params: { limit },
    flops: 0,
    bytes: 4 * (2 * limit + limit),
  })),
);

benchOp(
  selectThresholdOp,
  sizes.map(({ size, shape, scores, offsets, limit }) => ({
    size,
    shape,
    inputs: { scores, offsets },
    params: { threshold: 0 },
    flops: 0,
    bytes: 4 * (2 * limit + limit),
  })),
);
