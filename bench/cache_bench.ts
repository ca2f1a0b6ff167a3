import { hostIndices } from "../src/device.ts";
import { cacheAppendOp, cacheWriteOp } from "../src/ops/cache.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  cacheAppendOp,
  ([["small", 1, 1, 384], ["typical", 16, 1, 384], ["large", 4, 512, 384]] as const).map(([size, B, T, W]) => {
    const C = 1024;
    return {
      size,
      shape: `${B} sequences, ${T} rows each × ${W}`,
      inputs: {
        cache: random([B * C, W]),
        x: random([B * T, W]),
        offsets: hostIndices(Array.from({ length: B + 1 }, (_, b) => b * T)),
        lengths: hostIndices(Array.from({ length: B }, (_, b) => 20 * b)),
      },
      params: { C },
      flops: 0,
      bytes: 8 * B * T * W,
    };
  }),
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
