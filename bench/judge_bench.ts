import { fitOp, judgeOp } from "../src/ops/judge.ts";
import { benchOp, random } from "./support/bench_op.ts";
import { hostIndices } from "../src/op/device.ts";
import { fullTable, listOf, now } from "./support/slots.ts";

const N = 3;

// new tokens, because they are as much work every time
benchOp(
  judgeOp,
  ([["small", 1], ["typical", 32], ["large", 4096]] as const).map(([size, S]) => ({
    size,
    shape: `${S} slots, scores of ${N} recursions`,
    inputs: { slots: fullTable(S, N), z: random([S, 1]), ...listOf(S), clock: now, scores: random([S, N]) },
    params: { layout: { pool: 8 * S, unit: 64, units: [64, 48, 32], share: false }, ran: false },
    flops: 0,
    bytes: 4 * S * (1 + 1 + 4 + 2), // the list, a column read and four written, a score and z
  })),
);

benchOp(
  fitOp,
  ([["small", 1], ["typical", 32], ["large", 1024]] as const).map(([size, S]) => ({
    size,
    shape: `${4 * S} rows of ${S} slots`,
    inputs: {
      slots: fullTable(S, N),
      rows: hostIndices(Array.from({ length: 4 * S }, (_, m) => m)),
      offsets: hostIndices(Array.from({ length: S + 1 }, (_, s) => 4 * s)),
    },
    params: { layout: { pool: 8 * S, unit: 64, units: [64, 48, 32], share: false }, recursion: 1 },
    flops: 0,
    bytes: 4 * S * (2 * 4 + 2 + 2),
  })),
);
