import { hostIndices } from "../src/op/device.ts";
import { appendPlacesOp, cacheWriteOp } from "../src/ops/cache.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  appendPlacesOp,
  ([["small", 1, 1], ["typical", 32, 1], ["large", 4, 512]] as const).map(([size, B, T]) => ({
    size,
    shape: `${B} sequences, ${T} rows each`,
    inputs: {
      offsets: hostIndices(Array.from({ length: B + 1 }, (_, b) => b * T)),
      lengths: hostIndices(Array.from({ length: B }, (_, b) => 20 * b)),
    },
    params: { C: 1024, M: B * T },
    flops: 0,
    bytes: 12 * B * T,
  })),
);

benchOp(
  cacheWriteOp,
  ([["small", 1, 384], ["typical", 32, 384], ["large", 2048, 384]] as const).map(([size, M, W]) => ({
    size,
    shape: `${M} rows × ${W}`,
    inputs: {
      cache: random([4 * M, W]),
      x: random([M, W]),
      places: hostIndices(Array.from({ length: M }, (_, m) => 4 * m)),
    },
    params: {},
    flops: 0,
    bytes: 8 * M * W,
  })),
);
