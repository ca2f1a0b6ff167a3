import { countOp, sampleOp, samplingRow } from "../src/ops/sample.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random, spread, steps } from "./support/inputs.ts";

const sizes = { small: { M: 1, V: 256 }, typical: { M: 8, V: 8192 }, large: { M: 8, V: 50368 } };

benchOp(sampleOp, sizes, ({ M, V }) => {
  const row = samplingRow({ temperature: 0.9, topK: 50, topP: 0.95 });
  const options = { shape: [M, 5], data: Float32Array.from({ length: 5 * M }, (_, i) => row[i % 5]) };
  return {
    inputs: { logits: random([M, V]), options, seeds: spread([M], 1000), counters: spread([M], 1000) },
    params: {},
  };
});

benchOp(countOp, { small: { B: 1 }, typical: { B: 32 }, large: { B: 1024 } }, ({ B }) => ({
  inputs: { seen: spread([B, 8192], 3), ids: spread([B], 8191) },
  params: {},
  touched: { seen: B },
}));

benchOp(countOp, { part: { S: 32, B: 24 } }, ({ S, B }) => ({
  inputs: { seen: spread([S, 8192], 3), ids: spread([S], 8191), rows: steps(S), offsets: evenOffsets(1, B) },
  params: {},
  touched: { seen: B, ids: B, rows: B },
}));
