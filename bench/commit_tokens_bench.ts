import { hostTensor } from "../src/op/device.ts";
import { advanceLengthsOp, commitTokensOp, commitTopOp } from "../src/ops/commit_tokens.ts";
import { SLOT } from "../src/ops/slots.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random, spread } from "./support/inputs.ts";
import { fullTable, listOf, now } from "./support/slots.ts";

const sizes = { small: { S: 1 }, typical: { S: 32 }, large: { S: 4096 } };
const N = 3, n = 64;

benchOp(commitTokensOp, sizes, ({ S }) => ({
  inputs: {
    slots: fullTable(S, N),
    log: hostTensor([n, 4 * S], new Float32Array(4 * n * S)),
    clock: now,
    drawn: spread([S], 8192),
    logProbs: random([S, 1]),
    z: random([S, 1]),
    ...listOf(S),
  },
  params: { stops: [8192] }, // which is never drawn
  touched: { slots: 3 * S, log: 2 * S }, // four columns read and two written; a line of the log written
}));

benchOp(commitTopOp, { small: { S: 1, k: 5 }, typical: { S: 32, k: 5 }, large: { S: 1024, k: 20 } }, ({ S, k }) => ({
  inputs: {
    ids: spread([S, k], 8192),
    logProbs: random([S, k]),
    top: random([n, 2 * S * k]),
    clock: now,
    ...listOf(S),
  },
  params: {},
  touched: { top: 2 * S * k },
}));

benchOp(advanceLengthsOp, sizes, ({ S }) => ({
  inputs: { slots: fullTable(S, N), offsets: evenOffsets(S, 1) },
  params: { column: SLOT.length },
  touched: { slots: S },
}));
