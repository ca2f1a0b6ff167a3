import { advanceOp, pickOp, sampleOp, samplingRow } from "../src/ops/sample.ts";
import { benchOp, random, spread } from "./support/bench_op.ts";

const shapes = [["small", 1, 256], ["typical", 8, 8192], ["large", 64, 50368]] as const;

benchOp(
  pickOp,
  shapes.map(([size, M, V]) => ({
    size,
    shape: `${M}×${V}`,
    inputs: { logits: random([M, V]) },
    params: {},
    flops: 0,
    bytes: 4 * M * (V + 1),
  })),
);

benchOp(
  sampleOp,
  ([...shapes.slice(0, 2), ["large", 8, 50368]] as const).map(([size, B, V]) => {
    const row = samplingRow({ temperature: 0.9, topK: 50, topP: 0.95 });
    const options = Float32Array.from({ length: 5 * B }, (_, i) => row[i % 5]);
    return {
      size,
      shape: `${B}×${V}, top-k and top-p`,
      inputs: {
        logits: random([B, V]),
        options: { shape: [B, 5], data: options },
        seeds: spread([B], 1000),
        counters: spread([B], 1000),
      },
      params: {},
      flops: 0,
      bytes: 4 * B * (V + 9),
    };
  }),
);

benchOp(
  advanceOp,
  ([["small", 1], ["typical", 32], ["large", 1024]] as const).map(([size, B]) => {
    const each = () => spread([B], 100);
    const state = { ids: each(), lengths: each(), seeds: each(), ended: spread([B], 1), list: spread([16, B], 100) };
    return {
      size,
      shape: `${B}`,
      inputs: { drawn: each(), grown: each(), ...state, at: spread([1], 1) },
      params: { stops: [1, 2], limit: 512 },
      flops: 0,
      bytes: 4 * 8 * B,
    };
  }),
);
