import { hostIndices } from "../src/device.ts";
import { cacheAppendOp } from "../src/ops/cache.ts";
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
