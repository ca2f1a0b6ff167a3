import { advanceOp, pickOp, sampleOp, samplingRow } from "../src/ops/sample.ts";
import { benchOp } from "./support/bench_op.ts";
import { random, spread } from "./support/inputs.ts";

const sizes = { small: { M: 1, V: 256 }, typical: { M: 8, V: 8192 }, large: { M: 8, V: 50368 } };

benchOp(pickOp, sizes, ({ M, V }) => ({ inputs: { logits: random([M, V]) }, params: {} }));

benchOp(sampleOp, sizes, ({ M, V }) => {
  const row = samplingRow({ temperature: 0.9, topK: 50, topP: 0.95 });
  const options = { shape: [M, 5], data: Float32Array.from({ length: 5 * M }, (_, i) => row[i % 5]) };
  return {
    inputs: { logits: random([M, V]), options, seeds: spread([M], 1000), counters: spread([M], 1000) },
    params: {},
  };
});

benchOp(advanceOp, { small: { B: 1 }, typical: { B: 32 }, large: { B: 1024 } }, ({ B }) => {
  const each = () => spread([B], 100);
  const state = { ids: each(), lengths: each(), seeds: each(), ended: spread([B], 1), list: spread([16, B], 100) };
  return {
    inputs: { drawn: each(), grown: each(), ...state, at: spread([1], 1) },
    params: { stops: [1, 2], limit: 512 },
    touched: { list: B / 2 }, // written, not read
  };
});
