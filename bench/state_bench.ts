import { countOp, deepenOp, settleOp } from "../src/ops/state.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random, spread, steps } from "./support/inputs.ts";

const sizes = { small: { B: 1 }, typical: { B: 32 }, large: { B: 1024 } };

benchOp(settleOp, sizes, ({ B }) => ({
  inputs: { lengths: spread([B], 100), grown: spread([B], 100), leading: spread([B], 100) },
  params: {},
}));

benchOp(deepenOp, sizes, ({ B }) => ({
  inputs: {
    offsets: steps(B + 1),
    rows: steps(B),
    kept: steps(B + 1),
    scores: random([B, 1]),
    score: random([B, 1]),
  },
  params: {},
}));

benchOp(countOp, sizes, ({ B }) => ({
  inputs: { seen: spread([B, 8192], 3), ids: spread([B], 8191) },
  params: {},
  touched: { seen: B },
}));

benchOp(countOp, { part: { S: 32, B: 24 } }, ({ S, B }) => ({
  inputs: { seen: spread([S, 8192], 3), ids: spread([S], 8191), rows: steps(S), offsets: evenOffsets(1, B) },
  params: {},
  touched: { seen: B, ids: B, rows: B },
}));
